/**
 * What a scheduling rule is: pure functions. A filter prepares once per pod and then judges nodes one by one; a score
 * rates the nodes that passed, from 0 to 100. https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 */
import type { Pod } from '../../api/types/core/v1.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Snapshot } from '../snapshot.ts'

export interface Rejection {
  /** As they appear, counted, in the FailedScheduling event. */
  reasons: readonly string[]
  /** Whether evicting pods from the node could make the pod fit. */
  preemptionMightHelp: boolean
}

export type NodeFilter = (node: NodeInfo) => Rejection | undefined

export type Preparation =
  /** The rule does not concern this pod. */
  | { kind: 'skip' }
  /** `only`: names of the only nodes that can pass, when the pod itself says so. */
  | { kind: 'filter'; filter: NodeFilter; only?: ReadonlySet<string> }
  /** No node can take the pod, whatever it looks like. */
  | { kind: 'reject'; reason: string }

export interface FilterPlugin {
  name: string
  prepare(pod: Pod, snapshot: Snapshot): Preparation
}

export interface ScorePlugin {
  name: string
  weight: number
  /** One rating per node, same order, 0 to 100; undefined when the rule does not concern this pod. */
  score(pod: Pod, nodes: readonly NodeInfo[], snapshot: Snapshot): readonly number[] | undefined
}

/** How a scheduler differs from the default one. */
export interface ProfileOptions {
  /** Names of filters and scores to leave out. */
  disabled?: readonly string[]
  /** Asked after the standard ones; one with a standard filter's name takes its place. */
  filters?: readonly FilterPlugin[]
  scores?: readonly ScorePlugin[]
}

export const skip: Preparation = { kind: 'skip' }

export function filterBy(filter: NodeFilter): Preparation {
  return { kind: 'filter', filter }
}

export function unresolvable(...reasons: string[]): Rejection {
  return { reasons, preemptionMightHelp: false }
}

export function unfit(...reasons: string[]): Rejection {
  return { reasons, preemptionMightHelp: true }
}

/** Stretches ratings so that the highest becomes 100; with `reverse`, the lowest does. */
export function normalize(ratings: readonly number[], reverse = false): number[] {
  const highest = Math.max(0, ...ratings)
  if (highest === 0) return ratings.map(() => (reverse ? 100 : 0))
  return ratings.map((rating) => {
    const scaled = Math.floor((rating * 100) / highest)
    return reverse ? 100 - scaled : scaled
  })
}
