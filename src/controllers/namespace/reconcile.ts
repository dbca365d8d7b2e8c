/**
 * Empties a namespace that is being deleted, pods before everything else, and lets it go once nothing is left.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 */

import { ApiError } from '../../api/errors.ts'
import { groupResource, type KubeObject } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Namespace, Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { type Discovered, type DiscoveredResource, discoverResources } from '../../client/discovery.ts'
import { unless } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import { isFinished } from '../pods.ts'
import { canonical } from '../template-hash.ts'
import { type DeletionFailures, planConditions, type Remaining } from './plan.ts'

const finalizer = 'kubernetes'
/** Resources that are emptied at the same time: there may be thousands of custom ones. */
const resourcesAtOnce = 100
/** What is left is looked at again after this long at the latest; pods' own grace decides below that. */
const recheckMs = 1_000

export function namespaceController(parts: ControllerParts): Controller {
  const namespaces = parts.informers.of(coreV1.namespaces)
  const reconciler = new NamespaceReconciler(parts)
  return {
    name: 'namespace',
    workers: 10,
    sources: [
      source(namespaces, ({ type, object }) =>
        type !== 'deleted' && object.metadata.deletionTimestamp ? [object.metadata.name ?? ''] : [],
      ),
    ],
    reconcile: (name) => reconciler.reconcile(name),
  }
}

/** What pods are counted under. */
const podsCount = `${coreV1.pods.plural}.`

class NamespaceReconciler {
  readonly #parts: ControllerParts
  readonly #namespaces
  #running: Promise<unknown> = Promise.resolve()
  #next: Promise<Discovered> | undefined

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#namespaces = parts.informers.of(coreV1.namespaces)
  }

  async reconcile(name: string): Promise<Outcome> {
    const namespace = this.#namespaces.get(name)
    if (!namespace?.metadata.deletionTimestamp) return done
    if (!(namespace.spec?.finalizers ?? []).includes(finalizer)) return done
    const { resources, failures } = await this.#discover()
    const content: string[] = []
    const remaining = await this.#empty(namespace, resources, content)
    const discovery = failures.map(({ groupVersion, error }) => `${groupVersion}: ${messageOf(error)}`)
    await this.#report(namespace, remaining, { discovery, content })
    if (remaining.counts.size > 0 || content.length > 0 || discovery.length > 0) {
      return { kind: 'requeueAfter', delayMs: recheckMs }
    }
    await this.#finalize(namespace)
    return done
  }

  /**
   * Asked after the namespace was seen to go, since kinds may have been defined just before; namespaces that go at the
   * same time share the next answer.
   */
  #discover(): Promise<Discovered> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      const found = discoverResources(this.#parts.client)
      this.#running = found.catch(() => undefined)
      return found
    })
    return this.#next
  }

  /** Pods go first and alone, so that what they need (secrets, claims, policies) outlives them. */
  async #empty(namespace: Namespace, resources: readonly DiscoveredResource[], failures: string[]): Promise<Remaining> {
    const deletable = resources.filter(
      (one) => one.namespaced && one.verbs.includes('list') && one.verbs.includes('delete'),
    )
    const isPods = (one: DiscoveredResource) => one.group === '' && one.plural === coreV1.pods.plural
    const counts = new Map<string, number>()
    const finalizers = new Map<string, number>()
    const others = deletable.filter((one) => !isPods(one))
    for (const wave of [deletable.filter(isPods), ...batches(others)]) {
      await Promise.all(wave.map((resource) => this.#emptyOne(namespace, resource, { counts, finalizers, failures })))
      if (counts.has(podsCount) || failures.length > 0) break
    }
    return { counts, finalizers }
  }

  async #emptyOne(
    { metadata: { name: namespace = '', deletionTimestamp = '' } }: Namespace,
    resource: DiscoveredResource,
    found: { counts: Map<string, number>; finalizers: Map<string, number>; failures: string[] },
  ): Promise<void> {
    const api = this.#parts.client.of(resource, namespace)
    try {
      if ((await api.list({ limit: 1 })).items.length === 0) return
      if (resource.verbs.includes('deletecollection')) {
        await api.deleteCollection({ propagationPolicy: 'Background' })
      } else {
        for (const { metadata } of (await api.list()).items) await api.delete(metadata.name ?? '')
      }
      const { items } = await api.list()
      if (items.length === 0) return
      found.counts.set(`${resource.plural}.${resource.group}`, items.length)
      for (const finalizer of items.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
        found.finalizers.set(finalizer, (found.finalizers.get(finalizer) ?? 0) + 1)
      }
      const overdue = this.#parts.clock.nowMs() >= Date.parse(deletionTimestamp) + graceMs(items)
      if (overdue && !items.some(({ metadata }) => metadata.finalizers?.length)) {
        found.failures.push(unexpectedText(namespace, resource))
      }
    } catch (error) {
      const served = !(
        error instanceof ApiError &&
        (error.reason === 'NotFound' || error.reason === 'MethodNotAllowed')
      )
      if (served) found.failures.push(`${groupResource(resource)}: ${messageOf(error)}`)
    }
  }

  async #report(namespace: Namespace, remaining: Remaining, failures: DeletionFailures): Promise<void> {
    const clean = remaining.counts.size === 0 && failures.content.length === 0 && failures.discovery.length === 0
    const present = namespace.status?.conditions ?? []
    if (clean && present.length === 0) return
    // As upstream has it, what remains is told once the pods are gone.
    const told = remaining.counts.has(podsCount) ? { counts: new Map(), finalizers: new Map() } : remaining
    const conditions = planConditions(present, told, {
      failures,
      nowText: rfc3339(this.#parts.clock.nowMs()),
    })
    if (canonical(conditions) === canonical(present)) return
    await ignoringRace(
      this.#parts.client
        .of(coreV1.namespaces)
        .updateStatus({ ...namespace, status: { ...namespace.status, phase: 'Terminating', conditions } }),
    )
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((one) => one !== finalizer)
    const { resourceVersion: _, ...metadata } = namespace.metadata
    const finalized = { ...namespace, metadata, spec: { ...namespace.spec, finalizers } }
    await ignoringRace(
      this.#parts.client.of(coreV1.namespaces).updateSub(namespace.metadata.name ?? '', 'finalize', finalized),
    )
  }
}

/** Pods may take their time to end, others have to be gone. */
function graceMs(items: readonly KubeObject[]): number {
  const seconds = (items as readonly Pod[])
    .filter((pod) => !isFinished(pod))
    .map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 0)
  return Math.max(0, ...seconds) * 1000
}

function unexpectedText(namespace: string, { group, version, plural }: DiscoveredResource): string {
  const resource = `${group}/${version}, Resource=${plural}`
  return `unexpected items still remain in namespace: ${namespace} for gvr: ${resource}`
}

function batches<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / resourcesAtOnce)
  return Array.from({ length: count }, (_, index) => all.slice(index * resourcesAtOnce, (index + 1) * resourcesAtOnce))
}

/** The namespace changed or went away meanwhile; the next look sees it. */
async function ignoringRace(write: Promise<unknown>): Promise<void> {
  await unless(['NotFound', 'Conflict'], write)
}
