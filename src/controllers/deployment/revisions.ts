/** Which ReplicaSet is the current one, and the annotations that carry a rollout's history. */
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts'
import type { PodTemplateSpec } from '../../api/types/core/v1.ts'
import { canonical, templateHash } from '../template-hash.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas'
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history'
export const hashLabel = 'pod-template-hash'

/** Source: the deployment controller. */
const revisionHistoryCharactersMax = 2000

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
])

/** Whether the annotation of a Deployment stands on its ReplicaSets too. */
export function isCarriedAlong(annotation: string): boolean {
  return !notCopied.has(annotation)
}

export interface Generations {
  /** The ReplicaSet of the Deployment's present template, the oldest if there are several. */
  current: ReplicaSet | undefined
  old: ReplicaSet[]
}

export function generationsOf(deployment: Deployment, sets: readonly ReplicaSet[]): Generations {
  const wanted = templateText(deployment.spec?.template)
  const byAge = [...sets].sort((one, other) => ageOrder(one, other))
  const current = byAge.find((set) => templateText(set.spec?.template) === wanted)
  return { current, old: sets.filter((set) => set !== current) }
}

function ageOrder(one: ReplicaSet, other: ReplicaSet): number {
  const [oneTime, otherTime] = [one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? '']
  if (oneTime !== otherTime) return oneTime < otherTime ? -1 : 1
  return (one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1
}

/** Templates are compared without the hash label, as text. */
export function templateText(template: PodTemplateSpec | undefined): string {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {}
  const { creationTimestamp: __, ...metadata } = template?.metadata ?? {}
  return canonical({ ...template, metadata: { ...metadata, labels } })
}

/** Revisions have 64 bits, and an adopted ReplicaSet may bring any. Zero where there is none or no number. */
export function revisionOf(object: Deployment | ReplicaSet | undefined): bigint {
  return parseRevision(object?.metadata.annotations?.[revisionAnnotation] ?? '') ?? 0n
}

/** Undefined when the text is no whole number of 64 bits. */
export function parseRevision(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,40}$/.test(text)) return undefined
  const revision = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, revision) === revision ? revision : undefined
}

export function byNumber(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** One more than the highest; after the last one there are none, and ReplicaSets keep what they have. */
export function nextRevision(old: readonly ReplicaSet[]): bigint {
  const highest = old.map(revisionOf).reduce((one, other) => (one > other ? one : other), 0n)
  return BigInt.asIntN(64, highest + 1n)
}

/**
 * The annotations the current ReplicaSet should have; the same object when nothing differs. `replicas` for a new one:
 * later whoever scales it writes them, since they tell whether it was scaled.
 */
export function annotationsFor(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  { revision, replicas }: { revision: bigint; replicas?: ReplicaLimits },
): Record<string, string> {
  const present = set?.metadata.annotations ?? {}
  const wanted: Record<string, string> = { ...present }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (isCarriedAlong(key)) wanted[key] = value
  }
  const known = revisionOf(set)
  if (known < revision) {
    wanted[revisionAnnotation] = String(revision)
    if (known > 0) {
      wanted[revisionHistoryAnnotation] = withinHistory(present[revisionHistoryAnnotation] ?? '', known)
    }
  }
  if (replicas) {
    wanted[desiredReplicasAnnotation] = String(replicas.desired)
    wanted[maxReplicasAnnotation] = String(replicas.max)
  }
  return canonical(wanted) === canonical(present) ? present : wanted
}

/** The oldest revisions give way. */
function withinHistory(history: string, revision: bigint): string {
  const text = history ? `${history},${revision}` : `${revision}`
  const surplus = text.length - revisionHistoryCharactersMax
  return surplus <= 0 ? text : text.slice(text.indexOf(',', surplus - 1) + 1)
}

export interface ReplicaLimits {
  desired: number
  max: number
}

export function newReplicaSetFor(
  deployment: Deployment,
  { replicas, annotations }: { replicas: number; annotations: Record<string, string> },
): ReplicaSet {
  const template = deployment.spec?.template ?? {}
  const hash = templateHash(template, deployment.status?.collisionCount)
  const labels = { ...template.metadata?.labels, [hashLabel]: hash }
  const selector = deployment.spec?.selector ?? {}
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations,
    },
    spec: {
      replicas,
      ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** Finished old ReplicaSets beyond the history limit, oldest revisions first. */
export function beyondHistory(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit
  if (limit === undefined) return []
  const alive = old.filter((set) => set.metadata.deletionTimestamp === undefined)
  const surplus = alive.length - limit
  if (surplus <= 0) return []
  const byRevision = [...alive].sort(
    (one, other) => byNumber(revisionOf(one), revisionOf(other)) || ageOrder(one, other),
  )
  return byRevision.slice(0, surplus).filter(isEmpty)
}

function isEmpty(set: ReplicaSet): boolean {
  const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0)
  return (set.status?.replicas ?? 0) === 0 && (set.spec?.replicas ?? 0) === 0 && observed
}
