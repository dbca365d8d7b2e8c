/**
 * A cluster inside a test: everything real but the containers. Its API is reached by clients in this process and, over
 * HTTPS with a kubeconfig, by any other. Time is held unless the test says otherwise.
 */
import type { KubeObject } from '../api/meta.ts'
import type { FrontHandler } from '../apiserver/http/front.ts'
import type { UserInfo } from '../apiserver/request.ts'
import type { Client } from '../client/client.ts'
import type { DefinedController } from '../client/define-controller.ts'
import type { FluentClient } from '../client/fluent.ts'
import type { Transport } from '../client/transport.ts'
import type { ClusterPki } from '../cluster/pki/cluster-pki.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../platform/clock.ts'
import { silent } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { type ForkableStore, memoryStore } from '../store/memory/memory-store.ts'
import { adminUser, makePki } from './access.ts'
import { Activity } from './activity/activity.ts'
import type { QuietParts } from './activity/quiet.ts'
import { Settling } from './activity/settling.ts'
import { type Applicable, applyAll, objectsOf } from './apply.ts'
import { Clients } from './clients.ts'
import { control, controlPrefix } from './control/control.ts'
import { type CountedStore, countedStore } from './counted-store.ts'
import { type CredentialFiles, Endpoint, lasting } from './endpoint.ts'
import { Faults } from './faults/faults.ts'
import { Life } from './life.ts'
import type { NodeControl } from './nodes/nodes.ts'
import { PodRules } from './nodes/pod-rules.ts'
import type { ExecAnswer } from './nodes/rules.ts'
import { type ClusterOptions, checkOptions, externalQuietMs, settleTimeoutMs } from './options.ts'
import { type MakeController, OwnControllers } from './own-controllers.ts'
import {
  type ExecOptions,
  type HttpOptions,
  type HttpReplyText,
  type LogsOptions,
  readLogs,
  requestTo,
  runCommand,
} from './pod-streams.ts'
import { real } from './real.ts'
import type { SettleOptions, TestCluster } from './test-cluster.ts'
import { type Duration, durationMs } from './time/duration.ts'
import { HeldClock } from './time/held-clock.ts'
import { lettingTimePass } from './time/passing.ts'
import { skewedClock } from './time/skewed-clock.ts'
import { startOf } from './time/start.ts'
import { HeldTime, realTime, type TestClock } from './time/test-time.ts'
import { Timeline } from './timeline/timeline.ts'

/** Resolves when the API answers, controllers and scheduler run, and the nodes are Ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  checkOptions(options)
  const cluster = new RunningCluster(options)
  try {
    await cluster.started
  } catch (error) {
    await cluster.stop().catch(() => undefined)
    throw error
  }
  return cluster
}

/** A cluster begins anew, or where another one stands. */
interface Origin {
  store: ForkableStore
  pki: Promise<ClusterPki>
  nowMs: number
  life: Promise<Life>
  rules: PodRules
  nodeNames: readonly string[]
  seed: string
  /** Nothing happens by itself. */
  passive: boolean
}

class RunningCluster implements TestCluster {
  readonly client: FluentClient
  readonly api: Client
  readonly clock: TestClock
  readonly timeline: Timeline
  readonly faults: Faults
  readonly seed: string
  readonly started: Promise<void>
  readonly #admin: Transport
  readonly #options: ClusterOptions
  readonly #origin: Origin | undefined
  readonly #time: Clock
  readonly #held: HeldClock | undefined
  readonly #random: Random
  readonly #activity: Activity
  readonly #rules: PodRules
  readonly #endpoint: Endpoint
  readonly #pki: Promise<ClusterPki>
  readonly #clients: Clients
  readonly #control = control(this)
  readonly #own: OwnControllers
  readonly #settling: Settling
  #store: CountedStore
  /** As it was when everything had started. */
  #initial: ForkableStore | undefined
  #life: Promise<Life>
  #lifeNow: Life | undefined
  #stopping: Promise<void> | undefined
  #begun: Promise<void> | undefined
  #generation = 0
  /** Of what follows the present life. */
  #ending = new AbortController()
  #forks = 0

  constructor(options: ClusterOptions, origin?: Origin) {
    this.#options = options
    this.#origin = origin
    const seed = String(options.seed ?? process.env.K8TS_SEED ?? 1)
    const startMs = origin?.nowMs ?? startOf(options, seed)
    this.seed = origin?.seed ?? `${seed.split('@')[0]}@${startMs}`
    this.#held = options.time === 'real' ? undefined : new HeldClock(startMs)
    this.#time = this.#held ?? real.clock
    this.#random = simulatedRandom(origin ? origin.seed : seed.split('@')[0])
    this.#rules = new PodRules(this.#random.stream('pod-rules'), origin?.rules)
    this.timeline = new Timeline(() => this.#time.nowMs())
    this.#activity = new Activity({
      realMs: () => real.clock.monotonicMs(),
      onRequest: (record) => this.timeline.request(record),
    })
    this.faults = new Faults({
      clock: this.#time,
      random: this.#random.stream('faults'),
      held: (wait) => this.#activity.whileHeld(wait),
      onFault: (text) => this.timeline.note('fault', text),
    })
    const store = origin ? origin.store : memoryStore(this.#storeOptions())
    this.#store = this.#counted(store)
    this.#pki = origin?.pki ?? makePki(real, options.credentials)
    this.#endpoint = new Endpoint({ options, pki: this.#pki, clock: this.#time, front: this.#front() })
    this.clock = this.#held ? this.#heldTime(this.#held) : realTime(this.#time)
    this.#settling = this.#createSettling()
    this.#clients = this.#createClients()
    this.#own = this.#createOwn()
    const admin = this.#clients.of(adminUser, 'test')
    this.#admin = admin.transport
    this.api = admin.api
    this.client = admin.client
    this.#life = this.#createLife()
    this.started = this.#start()
    this.started.catch(() => undefined)
  }

  get nodes(): NodeControl {
    const life = async () => (await this.#ready()).nodes
    const now = () => this.#lifeNow
    const before = this.#origin?.nodeNames ?? []
    return {
      get names() {
        return now()?.nodes.names ?? before
      },
      add: async (nodes) => (await life()).add(nodes),
      kill: async (name) => (await life()).kill(name),
      partition: async (name) => (await life()).partition(name),
      revive: async (name) => (await life()).revive(name),
      rule: (rules) => this.#rules.add(rules),
    }
  }

  get server(): string {
    return this.#endpoint.url
  }

  get kubeconfig(): string {
    return this.#endpoint.kubeconfig
  }

  async kubeconfigFile(): Promise<string> {
    return (await this.#endpoint.files()).kubeconfig
  }

  credentialFiles(): Promise<CredentialFiles> {
    return this.#endpoint.files()
  }

  kubeconfigFor(user: { user: string; groups?: readonly string[]; validFor?: Duration }): string {
    return this.#endpoint.kubeconfigFor(user)
  }

  as(user: string, ...groups: string[]): FluentClient {
    const info: UserInfo = { name: user, groups: [...groups, 'system:authenticated'], extra: {} }
    return this.#clients.of(info, user).client
  }

  async serve(): Promise<string> {
    if (this.#origin) await this.#begin()
    return this.#endpoint.open()
  }

  async apply(
    what: Applicable,
    { namespace = 'default', fieldManager = 'test' }: { namespace?: string; fieldManager?: string } = {},
  ): Promise<KubeObject[]> {
    return applyAll(this.api, await objectsOf(what, real.disk), { namespace, fieldManager })
  }

  async settled({ timeout }: SettleOptions = {}): Promise<void> {
    await this.started
    const options = timeout === undefined ? {} : { timeoutMs: durationMs(timeout) }
    await this.#settling.begun(options)
    await this.#settling.settle(options)
  }

  logs(pod: string, options: LogsOptions = {}): Promise<string> {
    return readLogs(this.#admin, pod, options)
  }

  exec(pod: string, command: readonly string[], options: ExecOptions = {}): Promise<Required<ExecAnswer>> {
    return runCommand(this.#admin, pod, command, options)
  }

  http(target: string, path = '/', options: HttpOptions = {}): Promise<HttpReplyText> {
    return requestTo(this.#admin, target, path, options)
  }

  async run(controller: DefinedController | string, make?: MakeController): Promise<{ stop(): Promise<void> }> {
    await this.#begin()
    if (typeof controller !== 'string') return this.#own.run(controller)
    if (!make) throw new TypeError(`run controller ${controller}: it has to be given what makes it`)
    return this.#own.run({ name: controller, make })
  }

  kill(node: string): Promise<void> {
    return this.nodes.kill(node)
  }

  async revision(): Promise<number> {
    return this.#store.currentRevision()
  }

  fork(): TestCluster {
    return this.#branch(undefined)
  }

  at(revision: number): TestCluster {
    if (!Number.isSafeInteger(revision) || revision < 0) {
      throw new RangeError(`look back: a revision is a whole number, as of \`await cluster.revision()\`: ${revision}`)
    }
    return this.#branch(revision)
  }

  async reset(): Promise<void> {
    await this.started
    const initial = this.#initial
    if (!initial) throw new Error('reset the cluster: it has not started')
    const ended = this.#existingLife()
    this.#ending.abort(new Error('the cluster was reset'))
    this.#ending = new AbortController()
    await this.#settling.still()
    const store = this.#store
    this.#generation++
    this.#store = this.#counted(initial.fork(this.#storeOptions()))
    this.#life = this.#createLife(ended)
    this.timeline.note('test', 'reset')
    await this.#lettingTimePass(this.#own.stop().then(() => ended.stop()))
    await store.close()
    this.#begun = undefined
    await this.#life
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Begins to stop; nothing of it keeps the process alive. */
  [Symbol.dispose](): void {
    this.stop().catch(() => undefined)
  }

  async #start(): Promise<void> {
    const { nodes = 1, rules, https = true } = this.#options
    const life = await this.#life
    if (this.#origin) return
    if (rules) this.#rules.add(rules)
    const listening = https ? this.serve() : undefined
    await life.nodes.add(nodes)
    await this.#begin()
    await listening
    await this.#settling.quiet()
    this.#initial = this.#store.base.fork({ ...this.#storeOptions(), clock: frozenClock(this.#time.nowMs()) })
  }

  /**
   * Controllers, scheduler and nodes go to work with the first write, wait or step of time: who only reads a fork does
   * not pay for them.
   */
  #begin(): Promise<void> {
    let heldUp = false
    const mayMove = () => {
      heldUp ||= this.faults.any
      return heldUp && this.#settling.awaitsBegin
    }
    this.#begun ??= this.#life.then((life) => this.#lettingTimePass(life.begin(), mayMove))
    return this.#begun
  }

  /** What begins or ends, held up by a fault, must not wait for a clock that is held. */
  #lettingTimePass(work: Promise<void>, mayMove = () => true): Promise<void> {
    const progress = () => this.#activity.progress
    return lettingTimePass(work, { clock: this.#held, progress, mayMove, rest: () => real.clock.sleep(1) })
  }

  async #createLife(before?: Life): Promise<Life> {
    const { log = silent } = this.#options
    const pki = await this.#pki
    const random = this.#generation === 0 ? this.#random : this.#random.stream(`reset ${this.#generation}`)
    const life = await Life.create(
      {
        options: this.#options,
        store: this.#store,
        pki,
        clock: this.#time,
        housekeeping: this.#held?.housekeeping ?? this.#time,
        random,
        net: this.#activity.net(real.net),
        log,
        rules: this.#rules,
        wrap: (transport, component) =>
          this.#activity.transport(this.faults.transport(transport, component), component, true),
        skewMs: (component) => this.faults.skewMs(component),
        renewals: this.faults,
        extension: this.#control,
        onNodeChange: (text) => this.timeline.note('nodes', text),
      },
      { passive: this.#origin?.passive ?? false, bootstrapped: before !== undefined || this.#origin !== undefined },
    )
    const from = before ?? (await this.#origin?.life)
    if (from) life.nodes.adopt(from.nodes)
    this.#lifeNow = life
    return life
  }

  #branch(revision: number | undefined): TestCluster {
    this.#forks++
    const clock = frozenClock(this.#time.nowMs())
    const store = this.#store.base.fork({ ...this.#storeOptions(), clock }, revision)
    const { rules: _, ...options } = this.#options
    return new RunningCluster(options, {
      store,
      pki: this.#pki,
      nowMs: this.#time.nowMs(),
      life: this.#life,
      rules: this.#rules,
      nodeNames: this.nodes.names,
      seed: `${this.seed}/${this.#forks}`,
      passive: revision !== undefined,
    })
  }

  #heldTime(clock: HeldClock): HeldTime {
    return new HeldTime({
      clock,
      quiet: async () => {
        await this.#settling.begun()
        await this.#settling.quiet()
      },
      heartbeat: async () => this.#lifeNow?.nodes.renew(),
      writes: () => this.#store.writes,
      suspicious: () => this.#lifeNow?.nodes.anySilent ?? false,
    })
  }

  #createSettling(): Settling {
    const { settleTimeout = settleTimeoutMs, externalQuiet = externalQuietMs } = this.#options
    return new Settling({
      quietParts: () => this.#quietParts(),
      ...(this.#held ? { advance: (byMs: number) => this.clock.advance(byMs, { exact: true }) } : {}),
      nextRetryMs: () => this.#nextRetryMs(),
      begin: () => this.#begin(),
      real: real.clock,
      usual: { timeoutMs: durationMs(settleTimeout), externalQuietMs: durationMs(externalQuiet) },
    })
  }

  #quietParts(): QuietParts {
    const life = this.#existingLife()
    const held = this.#held
    return {
      activity: this.#activity,
      ...(held ? { fireDue: () => held.fireDue() } : {}),
      plane: () => life.plane,
      store: this.#store,
      others: () => [...life.nodes.busy(), ...this.#own.busy()],
      realMs: () => real.clock.monotonicMs(),
      rest: () => real.clock.sleep(1),
    }
  }

  /** Every request from outside this process comes through here; control is about the cluster and no part of it. */
  #front(): FrontHandler {
    const server: FrontHandler = {
      handle: async (request) => (await this.#ready()).plane.api.handle(this.#held ? lasting(request) : request),
      upgrade: async (request, socket, head) => (await this.#ready()).plane.api.upgrade(request, socket, head),
    }
    const watched = this.#activity.front(this.faults.front(server))
    return {
      handle: async (request) => {
        if (request.path.startsWith(`${controlPrefix}/`)) return server.handle(request)
        try {
          return await watched.handle(request)
        } finally {
          this.#settling.stir(this.#ending.signal)
        }
      },
      upgrade: (request, socket, head) => watched.upgrade(request, socket, head),
    }
  }

  #nextRetryMs(): number | undefined {
    const waits = [this.#lifeNow?.plane.nextRetryMs, ...this.#own.retriesMs()]
    const known = waits.filter((wait) => wait !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  #createClients(): Clients {
    return new Clients({
      ...{ activity: this.#activity, faults: this.faults, random: this.#random },
      housekeeping: this.#held?.housekeeping ?? this.#time,
      log: this.#options.log ?? silent,
      ready: () => this.#ready(),
      begin: () => this.#begin(),
      ended: () => this.#ending.signal,
    })
  }

  #createOwn(): OwnControllers {
    return new OwnControllers({
      transport: (name) => this.#clients.transport({ ...adminUser, name }, { component: name, strict: true }),
      clock: (name) => skewedClock(this.#time, () => this.faults.skewMs(name)),
      housekeeping: this.#held?.housekeeping ?? this.#time,
      random: this.#random,
      log: this.#options.log ?? silent,
    })
  }

  #ready(): Promise<Life> {
    if (this.#stopping !== undefined) throw new Error('the cluster was stopped')
    return this.#life
  }

  #existingLife(): Life {
    if (!this.#lifeNow) throw new Error('the cluster has not started yet: wait for it first')
    return this.#lifeNow
  }

  async #endLife(): Promise<void> {
    const life = await this.#life.catch(() => undefined)
    await this.started.catch(() => undefined)
    await this.#begun?.catch(() => undefined)
    await this.#own.stop()
    await life?.stop()
  }

  #counted(store: ForkableStore): CountedStore {
    return countedStore(store, () => (this.faults.any ? this.faults.beforeCommit() : undefined))
  }

  #storeOptions() {
    const clock = this.#held?.housekeeping ?? this.#time
    return { clock, historyAgeMs: Number.POSITIVE_INFINITY, historyRevisionsMax: limits.testHistoryRevisionsMax }
  }

  async #stop(): Promise<void> {
    this.#ending.abort(new Error('the cluster was stopped'))
    const closing = this.#endpoint.close()
    await this.#settling.still()
    this.faults.clear()
    // What has begun may itself wait for time, held up by a fault.
    await this.#lettingTimePass(this.#endLife())
    await closing
    await this.#store.close()
    await this.#initial?.close()
  }
}

/** For a store in which nothing runs out. */
function frozenClock(nowMs: number): Clock {
  return new HeldClock(nowMs).housekeeping
}
