/** A random program: what a user, the machines and the network do to a cluster, drawn from a seed. */
import type { Random } from '../../../src/platform/random.ts'
import { type Kind, kinds, type Shape } from './manifests.ts'

export type Step =
  | { do: 'create'; kind: Kind; name: string; shape: Shape }
  | { do: 'scale'; replicas: number }
  | { do: 'update'; version: number }
  | { do: 'delete'; policy: 'Background' | 'Foreground' | 'Orphan' }
  /** One of the pods, by hand. */
  | { do: 'deletePod'; which: number }
  /** One of the pods, as a drain does. */
  | { do: 'evictPod'; which: number }
  /** A pod that the selector matches loses the label: its owner has to let it go. */
  | { do: 'relabelPod'; which: number }
  /** A pod of nobody that the selector matches: it has to be adopted, or removed. */
  | { do: 'createOrphan' }
  | { do: 'budget'; minAvailable: number }
  /** An object that a workload owns besides its pods; it must stay while the workload does. */
  | { do: 'createDependent' }
  | { do: 'killNode'; node: string }
  | { do: 'reviveNode'; node: string }
  | { do: 'faults'; share: number }
  | { do: 'lateEvents'; ms: number }
  /** Controllers and scheduler end wherever they are, and begin anew with empty caches. */
  | { do: 'restart' }
  | { do: 'wait'; seconds: number }
  | { do: 'settle' }

/** A step and the workload it is about: the `target`-th that there is, counted around. */
export interface Move {
  target: number
  step: Step
}

export const nodeNames = ['node-1', 'node-2', 'node-3', 'node-4']

export function drawProgram(random: Random, length: number): Move[] {
  const moves: Move[] = []
  for (let index = 0; index < length; index++) {
    const first = index === 0 || random.int(4) === 0
    moves.push({ target: random.int(8), step: first ? creation(random, index) : drawStep(random) })
  }
  return moves
}

function creation(random: Random, index: number): Step {
  const shape = { replicas: random.int(5), version: 1, other: random.int(2) === 0, device: random.int(3) === 0 }
  return { do: 'create', kind: pick(random, kinds), name: `app-${index}`, shape }
}

function drawStep(random: Random): Step {
  const which = random.int(8)
  const steps: (() => Step)[] = [
    () => ({ do: 'scale', replicas: random.int(6) }),
    () => ({ do: 'scale', replicas: random.int(6) }),
    () => ({ do: 'update', version: 2 + random.int(3) }),
    () => ({ do: 'update', version: 2 + random.int(3) }),
    () => ({ do: 'delete', policy: pick(random, ['Background', 'Foreground', 'Orphan'] as const) }),
    () => ({ do: 'deletePod', which }),
    () => ({ do: 'evictPod', which }),
    () => ({ do: 'relabelPod', which }),
    () => ({ do: 'createOrphan' }),
    () => ({ do: 'budget', minAvailable: random.int(4) }),
    () => ({ do: 'createDependent' }),
    () => ({ do: 'killNode', node: pick(random, nodeNames) }),
    () => ({ do: 'reviveNode', node: pick(random, nodeNames) }),
    () => ({ do: 'faults', share: random.int(3) * 0.1 }),
    () => ({ do: 'lateEvents', ms: random.int(3) * 700 }),
    () => ({ do: 'restart' }),
    () => ({ do: 'wait', seconds: pick(random, [1, 7, 45, 130]) }),
    () => ({ do: 'wait', seconds: pick(random, [1, 7, 45, 130]) }),
    () => ({ do: 'settle' }),
  ]
  return pick(random, steps)()
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.int(values.length)] as T
}

/** One line each, for whoever reads of a failure. */
export function programText(moves: readonly Move[]): string {
  return moves.map(({ target, step }) => `  ${JSON.stringify({ target, ...step })}`).join('\n')
}
