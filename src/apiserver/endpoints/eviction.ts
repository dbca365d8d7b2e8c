/**
 * Eviction: a delete of a pod that its disruption budgets allow. https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 * Texts and counting are upstream's (`registry/core/pod/storage/eviction.go`).
 */
import { ApiError, badRequest, forbidden, notFound, tooManyRequests } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { policyV1 } from '../../api/resources.ts'
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { DeleteOptions } from '../../api/types/meta/v1.ts'
import type { Eviction, PodDisruptionBudget } from '../../api/types/policy/v1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { cachedObjects } from '../cached-objects.ts'
import { presentDocument } from '../negotiation/represent.ts'
import { changeStored } from '../registry/change.ts'
import { deleteObject, requirePreconditions } from '../registry/delete.ts'
import { serverManager } from '../registry/field-ownership.ts'
import { readWriteQuery } from '../registry/options.ts'
import { admissionAttributes } from '../registry/parts.ts'
import { fromStored, requireCurrent } from '../registry/persistence.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import type { Served } from '../scheme/served.ts'
import { objectFromBody } from './body.ts'
import { callerOf, type Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { representationOf } from './read.ts'
import type { Endpoint } from './router.ts'
import { matchNamespace, targetOf, writeOptions } from './write.ts'

/** Evicted pods that a budget remembers as not yet gone. Source: upstream's MaxDisruptedPodSize. */
const disruptedPodsMax = 2000
const retryAfterSeconds = 10

export const evictionEndpoint: Endpoint = async (parts, served, exchange) => {
  const representation = representationOf(parts, exchange)
  const query = readWriteQuery(exchange.request.query, 'CreateOptions')
  const eviction = await evictionOf(served, exchange, query.fieldValidation)
  const target = targetOf(served, exchange)
  const caller = callerOf(exchange)
  const options = writeOptions(query, 'CreateOptions')
  const pod = fromStored(served, await requireCurrent(parts.registry, target)) as Pod
  const change = {
    operation: 'CREATE',
    object: eviction,
    oldObject: undefined,
    dryRun: query.dryRun,
    options: options.raw,
  } as const
  await parts.registry.admission.mutate(admissionAttributes(target, caller, change))
  await parts.registry.admission.validate(admissionAttributes(target, caller, change))
  const dryRun = query.dryRun || (eviction.deleteOptions?.dryRun ?? []).length > 0
  const preconditions = await disrupt(parts, exchange, pod, dryRun)
  await evict(parts, served, exchange, { eviction, dryRun, preconditions })
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
  const type = typeOfKind({ group: '', version: 'v1', kind: 'Status' })
  return await presentDocument(status, type, { ...representation, view: 'object' }, 201)
}

async function evictionOf(
  served: Served,
  exchange: Exchange,
  fieldValidation: Parameters<typeof objectFromBody>[2],
): Promise<Eviction> {
  const kind = served.subresources.get('eviction')!.kind
  const eviction = (await objectFromBody(exchange, { kind, type: typeOfKind(kind) }, fieldValidation)) as Eviction
  matchNamespace(eviction, exchange.info.namespace)
  if (eviction.metadata.name !== exchange.info.name)
    throw badRequest('name in URL does not match name in Eviction object')
  return eviction
}

type Preconditions = NonNullable<DeleteOptions['preconditions']>

/** Takes one disruption from the pod's budget. Returns what must still hold when the pod is deleted. */
async function disrupt(parts: EndpointParts, exchange: Exchange, pod: Pod, dryRun: boolean): Promise<Preconditions> {
  const seen: Preconditions = pod.metadata.resourceVersion ? { resourceVersion: pod.metadata.resourceVersion } : {}
  if (isFinished(pod) || pod.metadata.deletionTimestamp) return {}
  const objects = cachedObjects({ caches: parts.registry.caches, scheme: parts.scheme })
  const all = await objects.list(policyV1.podDisruptionBudgets, exchange.info.namespace)
  const budgets = all.filter((budget) => selects(budget, pod))
  if (budgets.length === 0) return {}
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
  }
  const [budget] = budgets
  if (!budget || unguarded(pod, budget)) return seen
  const served = parts.scheme.of(policyV1.podDisruptionBudgets)
  const name = budget.metadata.name ?? ''
  await changeStored(parts.registry, {
    target: { served, namespace: exchange.info.namespace, name, subresource: 'status' },
    caller: { ...callerOf(exchange), manager: serverManager },
    dryRun,
    change: (current) =>
      countDisruption(current as PodDisruptionBudget, pod.metadata.name ?? '', parts.registry.clock.nowMs()),
  })
  return {}
}

function selects(budget: PodDisruptionBudget, pod: Pod): boolean {
  return matchesLabelSelector(budget.spec?.selector, pod.metadata.labels)
}

function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.phase === 'Pending'
}

/** An unready pod may go without asking, always or while the budget is met without it. */
function unguarded(pod: Pod, budget: PodDisruptionBudget): boolean {
  const ready = (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
  if (ready) return false
  if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

/** In place. Throws the 429. */
function countDisruption(budget: PodDisruptionBudget, pod: string, nowMs: number): void {
  const { status } = budget
  const name = budget.metadata.name ?? ''
  if (!status || (status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw refused(
      "Cannot evict pod as it would violate the pod's disruption budget.",
      `The disruption budget ${name} is still being processed by the server.`,
    )
  }
  const allowed = status.disruptionsAllowed ?? 0
  const kind = { group: policyV1.podDisruptionBudgets.group, plural: 'poddisruptionbudget' }
  if (allowed < 0) throw forbidden(kind, name, 'pdb disruptions allowed is negative')
  if (Object.keys(status.disruptedPods ?? {}).length > disruptedPodsMax)
    throw forbidden(kind, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  if (allowed === 0)
    throw refused("Cannot evict pod as it would violate the pod's disruption budget.", whyNotAllowed(name, status))
  status.disruptionsAllowed = allowed - 1
  if (allowed === 1) setNotAllowed(budget, nowMs)
  status.disruptedPods = { ...status.disruptedPods, [pod]: rfc3339(nowMs) }
}

function whyNotAllowed(
  name: string,
  { conditions = [], currentHealthy = 0, desiredHealthy = 0 }: NonNullable<PodDisruptionBudget['status']>,
): string {
  const opening = `The disruption budget ${name} does not allow evicting pods currently`
  const { reason, message } =
    conditions.find(({ type, status }) => type === 'DisruptionAllowed' && status === 'False') ?? {}
  // The numbers of a budget whose counting failed are not to be trusted.
  if (reason === 'SyncFailed' && message) return `${opening} because it failed sync: ${message}`
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  return message ? `${opening} (${reason}): ${message}` : opening
}

function setNotAllowed(budget: PodDisruptionBudget, nowMs: number): void {
  const { status } = budget
  if (!status) return
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'InsufficientPods',
    message: '',
    lastTransitionTime: rfc3339(nowMs),
    observedGeneration: status.observedGeneration ?? 0,
  }
  const others = (status.conditions ?? []).filter(({ type }) => type !== condition.type)
  const known = (status.conditions ?? []).find(({ type }) => type === condition.type)
  if (known?.status === 'False') condition.lastTransitionTime = known.lastTransitionTime
  status.conditions = [...others, condition]
}

function refused(message: string, detail: string): Error {
  const processing = detail.endsWith('being processed by the server.')
  const causes = detail === '' ? undefined : [{ reason: 'DisruptionBudget', message: detail }]
  return tooManyRequests(message, processing ? retryAfterSeconds : 0, causes)
}

async function evict(
  parts: EndpointParts,
  served: Served,
  exchange: Exchange,
  { eviction, dryRun, preconditions }: { eviction: Eviction; dryRun: boolean; preconditions: Preconditions },
): Promise<void> {
  const target = { ...targetOf(served, exchange), subresource: '' }
  if (target.name === '') throw notFound(served.resource, '')
  const given = eviction.deleteOptions ?? {}
  const options: DeleteOptions = {
    ...given,
    preconditions: { ...preconditions, ...given.preconditions },
    ...(dryRun ? { dryRun: ['All'] } : {}),
  }
  if (!dryRun) {
    const { metadata } = await markDisruption(parts, exchange, target, options)
    // Ours was the change since the pod was looked at.
    const { resourceVersion } = options.preconditions ?? {}
    if (resourceVersion && metadata.resourceVersion)
      options.preconditions = { ...options.preconditions, resourceVersion: metadata.resourceVersion }
  }
  await deleteObject(parts.registry, { target, caller: callerOf(exchange), options })
}

/** Tells why the pod goes, before it goes: the pod as it is then. */
async function markDisruption(
  parts: EndpointParts,
  exchange: Exchange,
  target: ReturnType<typeof targetOf>,
  options: DeleteOptions,
): Promise<KubeObject> {
  const nowMs = parts.registry.clock.nowMs()
  return await changeStored(parts.registry, {
    target: { ...target, subresource: 'status' },
    caller: callerOf(exchange),
    dryRun: false,
    tracked: false,
    change: (object) => {
      requirePreconditions(target, object, options)
      const pod = object as Pod
      pod.status ??= {}
      const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget')
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
        lastTransitionTime: rfc3339(nowMs),
      }
      pod.status.conditions = [...others, condition]
    },
  })
}
