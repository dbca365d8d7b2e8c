/**
 * The simulated user: a program drawn from the seed that deploys, scales, updates, deletes and drains, by an own way to
 * the server that fails as others do. It remembers what it was told and checks it.
 */
import type { KubeObject, Resource } from '../../api/meta.ts'
import { appsV1, batchV1, coreV1, policyV1 } from '../../api/resources.ts'
import type { Deployment } from '../../api/types/apps/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Families } from './families.ts'
import type { Findings } from './findings.ts'
import { Ledger } from './ledger.ts'
import { budget, cronJob, daemonSet, deployment, job, namespace, service, statefulSet } from './manifests.ts'
import { type Persist, persisting } from './persist.ts'
import { Teams } from './teams.ts'
import type { Trace } from './trace.ts'
import type { Truth } from './truth.ts'

export interface UserParts {
  client: Client
  clock: Clock
  random: Random
  findings: Findings
  truth: Truth
  trace: Trace
  nodeNames: readonly string[]
  /** The server said that it evicted the pod, asked to at this monotonic time. */
  onEvicted(pod: Pod, sinceMs: number): void
}

type Kind = 'deployment' | 'statefulSet' | 'job' | 'daemonSet' | 'cronJob'

interface App {
  name: string
  kind: Kind
  version: number
}

const resources: Readonly<Record<Kind, Resource>> = {
  deployment: appsV1.deployments,
  statefulSet: appsV1.statefulSets,
  job: batchV1.jobs,
  daemonSet: appsV1.daemonSets,
  cronJob: batchV1.cronJobs,
}
const prefixes: Readonly<Record<Kind, string>> = {
  deployment: 'web',
  statefulSet: 'set',
  job: 'job',
  daemonSet: 'daemon',
  cronJob: 'cron',
}
const creations: readonly Kind[] = [
  ...(['deployment', 'deployment', 'statefulSet', 'statefulSet', 'statefulSet', 'statefulSet'] as const),
  ...(['job', 'daemonSet', 'cronJob'] as const),
]
const appsMax = 5

export class SimulatedUser {
  readonly #parts: UserParts
  readonly #random: Random
  readonly #ledger: Ledger
  readonly #families: Families
  readonly #teams: Teams
  readonly #persist: Persist
  readonly #cronJobs: string[] = []
  #apps: App[] = []
  #made = 0

  constructor(parts: UserParts) {
    this.#parts = parts
    this.#random = parts.random.stream('user')
    this.#persist = persisting(parts)
    const own = { ...parts, persist: this.#persist }
    this.#ledger = new Ledger(parts, this.#random.stream('ledger'))
    this.#families = new Families({ ...own, random: this.#random.stream('families') })
    this.#teams = new Teams({ ...own, random: this.#random.stream('teams') })
  }

  get ledger(): Ledger {
    return this.#ledger
  }

  /** Works until the signal; what is under way is finished. */
  async work(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#repeat(signal, [500, 4_000], () => this.#act(signal)),
      this.#repeat(signal, [200, 2_200], () => this.#ledger.act()),
      this.#repeat(signal, [2_000, 9_000], () => this.#families.act()),
      this.#repeat(signal, [12_000, 45_000], () => this.#teams.act()),
    ])
    for (const name of this.#cronJobs) await this.#suspend(name)
  }

  async #repeat(signal: AbortSignal, [minMs, maxMs]: [number, number], step: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await step()
      await this.#parts.clock.sleep(minMs + this.#random.int(maxMs - minMs), signal).catch(() => undefined)
    }
  }

  /** Or all would never be done. */
  #suspend(name: string): Promise<void> {
    const api = this.#parts.client.of(batchV1.cronJobs, namespace)
    const patch = { spec: { suspend: true } }
    return this.#persist(`suspend ${name}`, () => api.patch(name, { type: 'merge', patch }), Number.POSITIVE_INFINITY)
  }

  async #act(signal: AbortSignal): Promise<void> {
    const app = this.#apps[this.#random.int(Math.max(1, this.#apps.length))]
    const draw = this.#random.int(100)
    if (!app || (draw < 25 && this.#apps.length < appsMax)) return this.#create()
    if (draw < 50) return this.#scale(app)
    if (draw < 65) return this.#update(app)
    if (draw < 75) return this.#delete(app)
    if (draw < 88) return this.#deletePod(app)
    return this.#drain(signal)
  }

  async #create(): Promise<void> {
    const kind = creations[this.#random.int(creations.length)] ?? 'deployment'
    const name = `${prefixes[kind]}-${++this.#made}`
    this.#apps.push({ name, kind, version: 1 })
    const count = 2 + this.#random.int(3)
    if (kind === 'job') return this.#write(batchV1.jobs, job(name, count + 1, 2))
    if (kind === 'daemonSet') return this.#write(appsV1.daemonSets, daemonSet(name))
    if (kind === 'cronJob') return this.#createCronJob(name)
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

  async #createCronJob(name: string): Promise<void> {
    const policies = ['Allow', 'Forbid', 'Replace'] as const
    this.#cronJobs.push(name)
    await this.#write(batchV1.cronJobs, cronJob(name, policies[this.#random.int(policies.length)] ?? 'Allow'))
  }

  async #scale(app: App): Promise<void> {
    const { name, kind } = app
    if (kind === 'daemonSet' || kind === 'cronJob') return this.#update(app)
    const replicas = this.#random.int(6)
    const patch = { spec: kind === 'job' ? { parallelism: 1 + (replicas % 3) } : { replicas } }
    const api = this.#parts.client.of(resources[kind], namespace)
    await this.#persist(`scale ${name}`, () => api.patch(name, { type: 'merge', patch }))
  }

  async #update(app: App): Promise<void> {
    if (app.kind === 'job' || app.kind === 'cronJob') return
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
    if (app.kind === 'deployment' || app.kind === 'statefulSet')
      await this.#persist(`delete budget ${app.name}`, () => budgets.delete(app.name))
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
      const pods = (await this.#podsOf('')).filter((pod) => pod.spec?.nodeName === node && !isOfDaemonSet(pod))
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
}

/** Draining leaves them: they would come back at once. */
function isOfDaemonSet({ metadata }: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet')
}
