/**
 * The simulated user: a program drawn from the seed that deploys, scales, updates, deletes and drains, by an own way to
 * the server that fails as others do. It remembers what it was told and checks it.
 */
import { ApiError } from '../../api/errors.ts'
import type { KubeObject, Resource } from '../../api/meta.ts'
import { appsV1, batchV1, coreV1, policyV1 } from '../../api/resources.ts'
import type { Deployment } from '../../api/types/apps/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Findings } from './findings.ts'
import { Ledger } from './ledger.ts'
import { budget, deployment, job, namespace, service, statefulSet } from './manifests.ts'
import type { Trace } from './trace.ts'

export interface UserParts {
  client: Client
  clock: Clock
  random: Random
  findings: Findings
  trace: Trace
  nodeNames: readonly string[]
  /** The server said that it evicted the pod, asked to at this monotonic time. */
  onEvicted(pod: Pod, sinceMs: number): void
}

type Kind = 'deployment' | 'statefulSet' | 'job'

interface App {
  name: string
  kind: Kind
  version: number
}

const resources: Readonly<Record<Kind, Resource>> = {
  deployment: appsV1.deployments,
  statefulSet: appsV1.statefulSets,
  job: batchV1.jobs,
}
const appsMax = 5
const writeTries = 8

export class SimulatedUser {
  readonly #parts: UserParts
  readonly #random: Random
  readonly #ledger: Ledger
  #apps: App[] = []
  #made = 0

  constructor(parts: UserParts) {
    this.#parts = parts
    this.#random = parts.random.stream('user')
    this.#ledger = new Ledger(parts, this.#random.stream('ledger'))
  }

  get ledger(): Ledger {
    return this.#ledger
  }

  /** Works until the signal; what is under way is finished. */
  async work(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    const ledger = this.#keepLedger(signal)
    while (!signal.aborted) {
      await this.#act(signal)
      await clock.sleep(500 + this.#random.int(3_500), signal).catch(() => undefined)
    }
    await ledger
  }

  async #keepLedger(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#ledger.act()
      await this.#parts.clock.sleep(200 + this.#random.int(2_000), signal).catch(() => undefined)
    }
  }

  async #act(signal: AbortSignal): Promise<void> {
    const app = this.#apps[this.#random.int(Math.max(1, this.#apps.length))]
    const draw = this.#random.int(100)
    if (!app || (draw < 25 && this.#apps.length < appsMax)) return this.#create()
    if (draw < 50) return this.#scale(app)
    if (draw < 65) return this.#update(app)
    if (draw < 75) return this.#delete(app)
    if (draw < 82) return this.#deletePod(app)
    return this.#drain(signal)
  }

  async #create(): Promise<void> {
    const kinds: readonly Kind[] = ['deployment', 'deployment', 'statefulSet', 'statefulSet', 'job']
    const kind = kinds[this.#random.int(kinds.length)] ?? 'deployment'
    const name = `${kind === 'statefulSet' ? 'set' : kind === 'job' ? 'job' : 'web'}-${++this.#made}`
    this.#apps.push({ name, kind, version: 1 })
    const count = 2 + this.#random.int(3)
    if (kind === 'job') return this.#write(batchV1.jobs, job(name, count + 1, 2))
    if (kind === 'deployment') await this.#write(appsV1.deployments, deployment(name, count))
    else await this.#write(appsV1.statefulSets, statefulSet(name, count, this.#random.int(2) === 0))
    await this.#write(policyV1.podDisruptionBudgets, budget(name, count - 1))
    if (this.#random.int(2) === 0) await this.#write(coreV1.services, service(name))
  }

  async #write(resource: Resource, object: KubeObject): Promise<void> {
    const api = this.#parts.client.of(resource, namespace)
    await this.#persist(`create ${object.metadata.name}`, async () => {
      await api.create(object)
    })
  }

  async #scale({ name, kind }: App): Promise<void> {
    const replicas = this.#random.int(6)
    const patch = { spec: kind === 'job' ? { parallelism: 1 + (replicas % 3) } : { replicas } }
    const api = this.#parts.client.of(resources[kind], namespace)
    await this.#persist(`scale ${name}`, () => api.patch(name, { type: 'merge', patch }))
  }

  async #update(app: App): Promise<void> {
    if (app.kind === 'job') return
    app.version++
    const containers = [{ name: 'main', image: `app:${app.version}` }]
    const patch = { spec: { template: { spec: { containers } } } }
    const api = this.#parts.client.of(resources[app.kind] as Resource<Deployment>, namespace)
    await this.#persist(`update ${app.name}`, () => api.patch(app.name, { type: 'strategic', patch }))
  }

  async #delete(app: App): Promise<void> {
    this.#apps = this.#apps.filter((each) => each !== app)
    const policies = ['Background', 'Foreground'] as const
    const propagationPolicy = policies[this.#random.int(policies.length)] ?? 'Background'
    const api = this.#parts.client.of(resources[app.kind], namespace)
    await this.#persist(`delete ${app.name}`, () => api.delete(app.name, { propagationPolicy }))
    const budgets = this.#parts.client.of(policyV1.podDisruptionBudgets, namespace)
    if (app.kind !== 'job') await this.#persist(`delete budget ${app.name}`, () => budgets.delete(app.name))
  }

  async #deletePod({ name }: App): Promise<void> {
    const pod = (await this.#podsOf(`app=${name}`))[0]
    if (!pod) return
    const podName = pod.metadata.name ?? ''
    await this.#persist(`delete pod ${podName}`, () => this.#parts.client.of(coreV1.pods, namespace).delete(podName))
  }

  /** As `kubectl drain` does: no new pods, evict those there, then let it be used again. */
  async #drain(signal: AbortSignal): Promise<void> {
    const { nodeNames, clock } = this.#parts
    const node = nodeNames[this.#random.int(nodeNames.length)] ?? ''
    await this.#cordon(node, true)
    for (let round = 0; round < 4 && !signal.aborted; round++) {
      const pods = (await this.#podsOf('')).filter(({ spec }) => spec?.nodeName === node)
      for (const pod of pods) await this.#evict(pod)
      if (pods.length === 0) break
      await clock.sleep(2_000, signal).catch(() => undefined)
    }
    await this.#cordon(node, false)
  }

  #cordon(node: string, unschedulable: boolean): Promise<void> {
    const patch = { spec: { unschedulable: unschedulable || null } }
    const api = this.#parts.client.of(coreV1.nodes)
    return this.#persist(`${unschedulable ? 'cordon' : 'uncordon'} ${node}`, () =>
      api.patch(node, { type: 'merge', patch }),
    )
  }

  async #evict(pod: Pod): Promise<void> {
    const { name = '' } = pod.metadata
    const sinceMs = this.#parts.clock.monotonicMs()
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
    try {
      await this.#parts.client.of(coreV1.pods, namespace).createSub(name, 'eviction', body)
      this.#parts.onEvicted(pod, sinceMs)
    } catch {
      // 429 while the budget does not allow it, and all that the network does: the next round tries again.
    }
  }

  async #podsOf(labelSelector: string): Promise<readonly Pod[]> {
    try {
      const options = labelSelector === '' ? {} : { labelSelector }
      return (await this.#parts.client.of(coreV1.pods, namespace).list(options)).items
    } catch {
      return []
    }
  }

  /** Tries again until it is done, refused for a reason, or no longer worth it. */
  async #persist(what: string, call: () => Promise<unknown>): Promise<void> {
    this.#parts.trace.note('user', what)
    for (let attempt = 1; attempt <= writeTries; attempt++) {
      try {
        await call()
        return
      } catch (error) {
        const code = error instanceof ApiError ? error.code : 0
        if (code === 404 || (error instanceof ApiError && error.reason === 'AlreadyExists')) return
        await this.#parts.clock.sleep(500 * attempt)
      }
    }
  }
}
