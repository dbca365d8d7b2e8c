/** ControllerRevisions: the history of templates that DaemonSets and StatefulSets can roll back to. */
import { ApiError } from '../api/errors.ts'
import type { KubeObject, Resource } from '../api/meta.ts'
import { appsV1 } from '../api/resources.ts'
import type { ControllerRevision } from '../api/types/apps/v1.ts'
import type { PodTemplateSpec } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import { controllerOf, controllerReference } from './ownership.ts'
import { canonical, templateHash } from './template-hash.ts'

export interface RevisionSubject {
  resource: Resource
  object: KubeObject
  template: PodTemplateSpec
  collisionCount: number | undefined
  /** The label on the revision that carries its hash. */
  hashLabel: string
  annotations?: Record<string, string>
}

export interface RevisionPlan {
  current: ControllerRevision
  /** `current` does not exist yet, or exists with an older number. */
  write: 'create' | 'update' | undefined
}

/**
 * What a revision stores: the template as a strategic merge patch, so that a rollback is one patch. Keys are sorted:
 * kube-controller-manager and others tell revisions apart by their bytes.
 */
export function revisionData(template: PodTemplateSpec): unknown {
  return JSON.parse(canonical({ spec: { template: { ...template, $patch: 'replace' } } }))
}

/** The revision of the present template: a known one of equal content (raised to the newest number), or a new one. */
export function planRevision(subject: RevisionSubject, known: readonly ControllerRevision[]): RevisionPlan {
  const wanted = canonical(revisionData(subject.template))
  const newest = Math.max(0, ...known.map(({ revision }) => revision))
  const equal = known
    .filter(({ data }) => canonical(data) === wanted)
    .sort((one, other) => other.revision - one.revision)[0]
  if (equal) {
    const current = { ...equal, revision: newest }
    return {
      current: equal.revision === newest ? equal : current,
      write: equal.revision === newest ? undefined : 'update',
    }
  }
  const hash = templateHash(subject.template, subject.collisionCount)
  const { name = '', namespace = '' } = subject.object.metadata
  const current: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...subject.template.metadata?.labels, [subject.hashLabel]: hash },
      ...(subject.annotations ? { annotations: subject.annotations } : {}),
      ownerReferences: [controllerReference(subject.resource, subject.object)],
    },
    data: revisionData(subject.template),
    revision: newest + 1,
  }
  return { current, write: 'create' }
}

/** Writes the plan. A name that another object's revision has is a collision: undefined is returned. */
export async function applyRevision(
  client: Client,
  plan: RevisionPlan,
  owner: KubeObject,
): Promise<ControllerRevision | undefined> {
  const api = client.of(appsV1.controllerRevisions, owner.metadata.namespace)
  if (plan.write === undefined) return plan.current
  if (plan.write === 'update') return api.update({ ...plan.current, revision: plan.current.revision + 1 })
  try {
    return await api.create(plan.current)
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
    const existing = await api.get(plan.current.metadata.name ?? '')
    const same = canonical(existing.data) === canonical(plan.current.data)
    return same && controllerOf(existing)?.uid === owner.metadata.uid ? existing : undefined
  }
}

export interface HistoryRule {
  inUse: (revision: ControllerRevision) => boolean
  limit: number
  /** Whether those in use count towards the limit, though they stay: upstream's DaemonSets do so. Default false. */
  usedCount?: boolean
}

/** Revisions beyond the limit that no pod uses, oldest first. */
export function staleRevisions(
  known: readonly ControllerRevision[],
  { inUse, limit, usedCount = false }: HistoryRule,
): ControllerRevision[] {
  const unused = known.filter((one) => !inUse(one)).sort((one, other) => one.revision - other.revision)
  const counted = usedCount ? known : unused
  return unused.slice(0, Math.max(0, counted.length - limit))
}
