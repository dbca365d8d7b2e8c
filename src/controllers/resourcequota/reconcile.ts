/**
 * Recounts what quotas limit. Admission charges a quota for what it lets in; this controller fills in new quotas, gives
 * back what was deleted or has ended, and corrects what a failed write left charged. It follows the resources that quotas
 * name, custom ones included.
 */
import { groupResource, type KubeObject, keyOf, type Resource, splitKey } from '../../api/meta.ts'
import { hasEnded } from '../../api/quota/usage.ts'
import * as resources from '../../api/resources.ts'
import { appsV1, batchV1, coreV1 } from '../../api/resources.ts'
import type { Pod, ResourceQuota } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type KeyQueue, source } from '../../client/controller.ts'
import { discoverResources } from '../../client/discovery.ts'
import type { Change, Informer } from '../../client/informer.ts'
import { sameJson } from '../same-json.ts'
import { type Counted, countedNames, planStatus } from './plan.ts'

/** All are recounted at least this often. Source: --resource-quota-sync-period. */
const resyncPeriodMs = 5 * 60_000

/** What admission had just let in may not have been seen when it was counted: a count that changed is checked. */
const recountMs = 1_000

export function resourceQuotaController(parts: ControllerParts): Controller {
  const quotas = parts.informers.of(coreV1.resourceQuotas)
  quotas.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? ''])
  const inNamespaceOf = ({ metadata }: KubeObject) => quotas.byIndex('namespace', metadata.namespace ?? '').map(keyOf)
  const counters = new Counters(parts, inNamespaceOf)

  return {
    name: 'resourcequota-controller',
    sources: [
      source(quotas, (change) => (asksForCount(change) ? [keyOf(change.object)] : [])),
      ...counters.watched.map((informer) =>
        source(informer, (change) => (givesBack(change, parts.clock.nowMs()) ? inNamespaceOf(change.object) : [])),
      ),
    ],
    start(queue, signal) {
      counters.queue = queue
      resync(parts, queue, { signal, keys: () => quotas.list().map(keyOf) })
    },
    async reconcile(key) {
      const quota = quotas.get(key)
      if (!quota || quota.metadata.deletionTimestamp) return done
      const { namespace } = splitKey(key)
      const counted: Counted[] = []
      for (const name of countedNames(quota)) {
        const informer = await counters.of(name)
        if (informer) counted.push({ resource: informer.resource, objects: await counters.objects(informer, quota) })
      }
      const status = planStatus(quota, counted, parts.clock.nowMs())
      if (!status) return done
      await parts.client.of(coreV1.resourceQuotas, namespace).updateStatus({ ...quota, status })
      return { kind: 'requeueAfter', delayMs: recountMs }
    },
  }
}

/** An informer for each resource that a quota has named. */
class Counters {
  readonly #parts: ControllerParts
  readonly #inNamespaceOf: (object: KubeObject) => string[]
  readonly #byName = new Map<string, Informer>()
  readonly watched: readonly Informer[]
  queue: KeyQueue = { add() {}, addAfter() {} }

  constructor(parts: ControllerParts, inNamespaceOf: (object: KubeObject) => string[]) {
    this.#parts = parts
    this.#inNamespaceOf = inNamespaceOf
    this.watched = alwaysWatched.map((resource) => parts.informers.of(resource))
    for (const informer of this.watched) this.#byName.set(groupResource(informer.resource), informer)
  }

  /** Undefined while nothing of that name is served. */
  async of(name: string): Promise<Informer | undefined> {
    return this.#byName.get(name) ?? (await this.#follow(name))
  }

  /** Those in the quota's namespace. The server is asked before the first list is here, for it may never come. */
  async objects(informer: Informer, quota: ResourceQuota): Promise<readonly KubeObject[]> {
    const { namespace } = quota.metadata
    if (informer.hasSynced) return informer.list(namespace)
    const recount = () => this.queue.add(keyOf(quota))
    informer.synced().then(recount, () => undefined)
    return (await this.#parts.client.of(informer.resource, namespace).list()).items
  }

  async #follow(name: string): Promise<Informer | undefined> {
    const resource = byName.get(name) ?? (await this.#discovered(name))
    if (!resource) return undefined
    const known = this.#byName.get(name)
    if (known) return known
    const informer = this.#parts.informers.of(resource, { metadataOnly: !measured.has(name) })
    this.#byName.set(name, informer)
    informer.onChange((change) => {
      if (givesBack(change, this.#parts.clock.nowMs()))
        for (const key of this.#inNamespaceOf(change.object)) this.queue.add(key)
    })
    return informer
  }

  async #discovered(name: string): Promise<Resource | undefined> {
    const { resources } = await discoverResources(this.#parts.client)
    return resources.find(
      (one) =>
        one.namespaced && groupResource(one) === name && ['list', 'watch'].every((verb) => one.verbs.includes(verb)),
    )
  }
}

/** Counted by more than their number. */
const measured: ReadonlySet<string> = new Set(['persistentvolumeclaims'])

/** Other controllers watch them anyway. */
const alwaysWatched = [coreV1.pods, coreV1.services, appsV1.deployments, batchV1.jobs] as unknown as readonly Resource[]

/** By the names quotas use: every namespaced resource of a stable version. */
const byName = new Map<string, Resource>(
  Object.values(resources)
    .flatMap((group) => Object.values(group) as Resource[])
    .filter(({ namespaced, version }) => namespaced && /^v\d+$/.test(version))
    .map((resource) => [groupResource(resource), resource]),
)

/**
 * Not when admission has charged the quota: what it lets in is stored a moment later, and counting in between would give
 * the place away again.
 */
function asksForCount(change: Change<ResourceQuota>): boolean {
  if (change.type !== 'updated') return change.type === 'added'
  const { object, previous } = change
  return !sameJson(object.spec, previous.spec) || !sameJson(object.status?.hard, previous.status?.hard)
}

/** Deletions and the end of pods, which for those that were given no time is their deletion; admission charges what grows. */
function givesBack(change: Change<KubeObject>, nowMs: number): boolean {
  if (change.type === 'deleted') return true
  if (change.type !== 'updated') return false
  const ended = (object: KubeObject) => hasEnded(object as Pod, nowMs)
  const shape = (object: KubeObject) => JSON.stringify((object as { spec?: { type?: string } }).spec?.type)
  return ended(change.object) !== ended(change.previous) || shape(change.object) !== shape(change.previous)
}

function resync(
  { clock }: ControllerParts,
  queue: KeyQueue,
  { signal, keys }: { signal: AbortSignal; keys: () => readonly string[] },
): void {
  const cancel = clock.every(resyncPeriodMs, () => {
    for (const key of keys()) queue.add(key)
  })
  signal.addEventListener('abort', cancel, { once: true })
}
