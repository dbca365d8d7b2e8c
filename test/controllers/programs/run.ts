/** Carries a program out on a cluster of its own, and judges what came of it. The same seed gives the same run. */
import { ApiError } from '../../../src/api/errors.ts'
import { apiVersionOf } from '../../../src/api/meta.ts'
import { coreV1, policyV1 } from '../../../src/api/resources.ts'
import type { Pod } from '../../../src/api/types/core/v1.ts'
import { simulatedRandom } from '../../../src/platform/simulated/random.ts'
import { startCluster, type TestCluster } from '../../../src/testing/index.ts'
import { isReady, type World, worldOf, wrongIn } from './checks.ts'
import { deviceObjects, type Kind, resources, type Shape, workload } from './manifests.ts'
import { allPods, wrongEndpoints } from './network-checks.ts'
import { Overshoot } from './overshoot.ts'
import { drawProgram, type Move, nodeNames, programText, type Step } from './program.ts'

export interface ProgramResult {
  seed: string
  program: string
  /** Empty when all held. */
  wrong: string[]
}

interface App {
  kind: Kind
  name: string
  shape: Shape
}

const namespace = 'default'
export async function runProgram(seed: string, steps = 14): Promise<ProgramResult> {
  const moves = drawProgram(simulatedRandom(`program ${seed}`), steps)
  const run = new ProgramRun(seed)
  try {
    await run.start()
    for (const move of moves) await run.make(move)
    return { seed, program: programText(moves), wrong: await run.conclude() }
  } catch (error) {
    return { seed, program: programText(moves), wrong: [error instanceof Error ? (error.stack ?? '') : String(error)] }
  } finally {
    await run.stop()
  }
}

class ProgramRun {
  readonly #seed: string
  readonly #apps: App[] = []
  readonly #wrong: string[] = []
  /** Names of objects that workloads own, with the workload's. */
  readonly #dependents = new Map<string, string>()
  readonly #budgets = new Map<string, number>()
  readonly #overshoot = new Overshoot()
  #cluster!: TestCluster
  #share = 0
  #lateMs = 0
  /** Nothing was lost since all had settled, so that budgets know what there is. */
  #calm = false
  #count = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  async start(): Promise<void> {
    const nodes = nodeNames.map((name) => ({ name }))
    const startTime = '2030-01-01T00:00:00Z'
    const quick = { https: false, podEvents: false, settleTimeout: '60s' } as const
    this.#cluster = await startCluster({ nodes, seed: this.#seed, startTime, freeze: true, ...quick })
    for (const object of [...deviceObjects(nodeNames), allPods]) await this.#cluster.apply(object)
    this.#overshoot.follow(this.#cluster.api)
  }

  async stop(): Promise<void> {
    this.#overshoot.stop()
    await this.#cluster?.stop()
  }

  async make({ target, step }: Move): Promise<void> {
    const app = this.#apps[target % Math.max(1, this.#apps.length)]
    if (step.do === 'evictPod') return app && this.#drain(app)
    if (step.do !== 'budget') this.#calm = false
    try {
      await this.#do(step, app)
    } catch (error) {
      if (!isInVain(error)) throw error
    }
  }

  /** After the last step all faults end; what is wrong when the cluster had all the time it needs. */
  async conclude(): Promise<string[]> {
    this.#share = 0
    this.#lateMs = 0
    this.#cluster.faults.clear()
    for (const node of nodeNames) await this.#cluster.nodes.revive(node)
    // Late watches last as long as the controllers that opened them.
    await this.#restart()
    for (const app of this.#apps) {
      if (app.kind === 'Job') await this.#patch(app, { suspend: false })
      if (app.kind === 'CronJob') await this.#patch(app, { suspend: true })
    }
    let wrong: string[] = []
    for (let round = 0; round < 10; round++) {
      await this.#cluster.settled()
      await this.#cluster.clock.advance('5m')
      await this.#cluster.settled()
      const world = await worldOf(this.#cluster.api)
      const network = await wrongEndpoints(this.#cluster.api, world.pods)
      wrong = [...wrongIn(world), ...this.#wrongSurvivors(world), ...network]
      if (wrong.length === 0) break
    }
    return [...wrong, ...this.#wrong, ...this.#overshoot.found]
  }

  /** Of what the program made, all is there that nobody deleted. */
  #wrongSurvivors(world: World): string[] {
    const all = Object.values(world).flat() as { kind?: string; metadata: { name?: string } }[]
    const names = new Set(all.map(({ metadata }) => metadata.name))
    const missing = this.#apps.filter(({ kind, name }) => kind !== 'CronJob' && !names.has(name))
    const collected = [...this.#dependents].filter(
      ([name, owner]) => this.#apps.some((app) => app.name === owner) && !names.has(name),
    )
    return [
      ...missing.map(({ kind, name }) => `${kind} ${name} is gone, and nobody deleted it`),
      ...collected.map(([name, owner]) => `${name} was collected while its owner ${owner} lives`),
    ]
  }

  async #do(step: Exclude<Step, { do: 'evictPod' }>, app: App | undefined): Promise<void> {
    const { nodes, clock } = this.#cluster
    switch (step.do) {
      case 'create':
        await this.#create(step)
        return
      case 'killNode':
        return nodes.kill(step.node)
      case 'reviveNode':
        // Its first requests must not be lost, or it would count as back without having said so.
        this.#cluster.faults.clear()
        await nodes.revive(step.node)
        return this.#fault()
      case 'faults':
        this.#share = step.share
        return this.#fault()
      case 'lateEvents':
        this.#lateMs = step.ms
        return this.#fault()
      case 'restart':
        return this.#restart()
      case 'wait':
        return clock.advance(`${step.seconds}s`)
      case 'settle':
        await this.#cluster.settled()
        this.#calm = this.#share === 0 && this.#lateMs === 0
        return
      default:
        if (app) await this.#change(step, app)
    }
  }

  async #create({ kind, name, shape }: Extract<Step, { do: 'create' }>): Promise<void> {
    await this.#cluster.apply(workload(kind, name, shape))
    this.#apps.push({ kind, name, shape })
  }

  async #change(step: Step, app: App): Promise<void> {
    switch (step.do) {
      case 'scale':
        if (app.kind === 'Job') return this.#patch(app, { suspend: step.replicas === 0 })
        if (app.kind === 'DaemonSet' || app.kind === 'CronJob') return
        return this.#patch(app, { replicas: step.replicas })
      case 'update':
        if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(app.kind)) return
        return this.#patch(app, {
          template: { spec: { containers: [{ name: 'main', image: `app:${step.version}` }] } },
        })
      case 'delete':
        await this.#api(app).delete(app.name, { propagationPolicy: step.policy })
        this.#apps.splice(this.#apps.indexOf(app), 1)
        return
      case 'budget':
        return this.#budget(app, step.minAvailable)
      case 'createDependent':
        return this.#createDependent(app)
      case 'createOrphan':
        return this.#createOrphan(app)
      case 'deletePod':
      case 'relabelPod':
        return this.#changePod(step, app)
    }
  }

  async #changePod({ do: what, which }: { do: string; which: number }, app: App): Promise<void> {
    const pods = await this.#podsOf(app)
    const pod = pods[which % Math.max(1, pods.length)]
    const api = this.#cluster.api.of(coreV1.pods, namespace)
    if (!pod) return
    if (what === 'deletePod') await api.delete(pod.metadata.name ?? '')
    // A StatefulSet could not have that name again.
    else if (app.kind !== 'StatefulSet') {
      const patch = { metadata: { labels: { app: `loose-${this.#count++}` } } }
      await api.patch(pod.metadata.name ?? '', { type: 'merge', patch })
    }
  }

  /** Evicts every pod of the app once; a budget lets no more go than it can spare. */
  async #drain(app: App): Promise<void> {
    const minAvailable = this.#budgets.get(app.name)
    const before = (await this.#podsOf(app)).filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp)
    const calm = this.#calm
    this.#calm = false
    let evicted = 0
    for (const { metadata } of before) {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name, namespace } }
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/eviction`
      try {
        await this.#cluster.api.raw('POST', path, eviction)
        evicted++
      } catch (error) {
        if (!isInVain(error)) throw error
      }
    }
    const spare = Math.max(0, before.length - (minAvailable ?? 0))
    if (calm && minAvailable !== undefined && evicted > spare) {
      this.#wrong.push(
        `of ${before.length} pods of ${app.name} ${evicted} were evicted, though ${minAvailable} must stay`,
      )
    }
  }

  async #budget({ name }: App, minAvailable: number): Promise<void> {
    const spec = { minAvailable, selector: { matchLabels: { app: name } } }
    await this.#cluster.apply({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec })
    this.#budgets.set(name, minAvailable)
    if (this.#calm) await this.#cluster.settled()
    const budget = await this.#cluster.api.of(policyV1.podDisruptionBudgets, namespace).get(name)
    if (budget.spec?.minAvailable !== minAvailable) this.#wrong.push(`budget ${name} is not what was asked for`)
  }

  async #createDependent(app: App): Promise<void> {
    const owner = await this.#api(app).get(app.name)
    const name = `dependent-${this.#count++}`
    const { kind } = app
    const reference = { apiVersion: apiVersionOf(resources[kind]), kind, name: app.name, uid: owner.metadata.uid ?? '' }
    const metadata = { name, namespace, ownerReferences: [reference] }
    await this.#cluster.api.of(coreV1.configMaps).create({ metadata })
    this.#dependents.set(name, app.name)
  }

  async #createOrphan({ kind, name }: App): Promise<void> {
    if (!['ReplicaSet', 'ReplicationController', 'DaemonSet'].includes(kind)) return
    const containers = [{ name: 'main', image: 'app:1' }]
    const metadata = { name: `${name}-orphan-${this.#count++}`, namespace, labels: { app: name } }
    await this.#cluster.api.of(coreV1.pods).create({ metadata, spec: { containers } })
  }

  async #podsOf({ name }: App): Promise<Pod[]> {
    return (await this.#cluster.api.of(coreV1.pods, namespace).list({ labelSelector: `app=${name}` })).items
  }

  #api({ kind }: App) {
    return this.#cluster.api.of(resources[kind], namespace)
  }

  async #patch(app: App, spec: object): Promise<void> {
    await this.#api(app).patch(app.name, { type: 'merge', patch: { spec } })
  }

  #fault(): void {
    const { faults } = this.#cluster
    faults.clear()
    if (this.#share > 0) faults.chaos({ share: this.#share })
    // An answer that is lost may be of a create: whoever asks again makes one too many, and removes it later.
    if (this.#share > 0) this.#overshoot.forgive()
    this.#delayEvents()
  }

  #delayEvents(): void {
    const match = { component: 'kube-*', verb: 'watch' }
    if (this.#lateMs > 0) this.#cluster.faults.add({ match, delayEvents: this.#lateMs })
  }

  /** A fork goes on with the store alone: every cache, queue and expectation is new. */
  async #restart(): Promise<void> {
    const before = this.#cluster
    this.#overshoot.stop()
    this.#cluster = before.fork()
    await before.stop()
    this.#overshoot.follow(this.#cluster.api)
    this.#delayEvents()
    // A fork rests until time passes in it.
    await this.#cluster.clock.advance('1ms')
    this.#fault()
  }
}

/** What a user may be told: gone, changed meanwhile, there already, not now. */
function isInVain(error: unknown): boolean {
  return error instanceof ApiError && [404, 409, 429].includes(error.code)
}
