/**
 * Recounts what quotas limit. Admission charges a quota for what it lets in; this controller fills in new quotas, gives
 * back what was deleted or has ended, and corrects what a failed write left charged.
 */
import { groupResource, type KubeObject, keyOf, type Resource, splitKey } from '../../api/meta.ts'
import * as resources from '../../api/resources.ts'
import { appsV1, batchV1, coreV1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, type KeyQueue, source } from '../../client/controller.ts'
import type { Change } from '../../client/informer.ts'
import { type Counted, countedNames, planStatus } from './plan.ts'

/** Kinds without an informer here are recounted at least this often. Source: --resource-quota-sync-period. */
const resyncPeriodMs = 5 * 60_000

export function resourceQuotaController(parts: ControllerParts): Controller {
  const quotas = parts.informers.of(coreV1.resourceQuotas)
  quotas.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? ''])
  const watched = watchedResources.map((resource) => parts.informers.of(resource))
  const inNamespaceOf = ({ metadata }: KubeObject) => quotas.byIndex('namespace', metadata.namespace ?? '').map(keyOf)

  async function objectsOf(resource: Resource, namespace: string): Promise<readonly KubeObject[]> {
    const informer = watched.find((one) => one.resource === resource)
    return informer ? informer.list(namespace) : (await parts.client.of(resource, namespace).list()).items
  }

  return {
    name: 'resourcequota-controller',
    sources: [
      source(quotas, ({ object }) => [keyOf(object)]),
      ...watched.map((informer) =>
        source(informer, (change) => (givesBack(change) ? inNamespaceOf(change.object) : [])),
      ),
    ],
    start: (queue, signal) => resync(parts, queue, { signal, keys: () => quotas.list().map(keyOf) }),
    async reconcile(key) {
      const quota = quotas.get(key)
      if (!quota || quota.metadata.deletionTimestamp) return done
      const { namespace } = splitKey(key)
      const counted: Counted[] = []
      for (const name of countedNames(quota)) {
        const resource = byName.get(name)
        if (resource) counted.push({ resource, objects: await objectsOf(resource, namespace) })
      }
      const status = planStatus(quota, counted, parts.clock.nowMs())
      if (status) await parts.client.of(coreV1.resourceQuotas, namespace).updateStatus({ ...quota, status })
      return done
    },
  }
}

/** Those whose end should be seen at once; other controllers watch them anyway. */
const watchedResources = [
  coreV1.pods,
  coreV1.services,
  appsV1.deployments,
  batchV1.jobs,
] as unknown as readonly Resource[]

/** By the names quotas use: every namespaced resource of a stable version. */
const byName = new Map<string, Resource>(
  Object.values(resources)
    .flatMap((group) => Object.values(group) as Resource[])
    .filter(({ namespaced, version }) => namespaced && /^v\d+$/.test(version))
    .map((resource) => [groupResource(resource), resource]),
)

/** Deletions and the end of pods; what grows is charged by admission. */
function givesBack(change: Change<KubeObject>): boolean {
  if (change.type === 'deleted') return true
  if (change.type !== 'updated') return false
  const ended = (object: KubeObject) =>
    /^(Succeeded|Failed)$/.test((object as { status?: { phase?: string } }).status?.phase ?? '')
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
