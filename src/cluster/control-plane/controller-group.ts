/** Controllers and scheduler of one process, over shared caches. */
import { serviceAccountGroups, serviceAccountUserName } from '../../apiserver/authentication/user.ts'
import { deviceMatches } from '../../apiserver/registry/resource/device-matching.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import type { Controller, ControllerParts, RunningController } from '../../client/controller.ts'
import { runController } from '../../client/controller-run.ts'
import type { EventRecorder } from '../../client/events.ts'
import { createEventRecorder } from '../../client/events-impl.ts'
import { createInformers } from '../../client/informer-impl.ts'
import { type LeaderElectionOptions, runAsLeader } from '../../client/leader-election.ts'
import type { Meters } from '../../client/meters.ts'
import { type Transport, until } from '../../client/transport.ts'
import type { QueueObserver } from '../../client/work-queue.ts'
import { allControllers, type ControllerOptions } from '../../controllers/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { profileOf } from '../../scheduler/plugins/index.ts'
import type { ProfileOptions } from '../../scheduler/plugins/plugin.ts'
import { type Scheduler, type SchedulerParts, startScheduler } from '../../scheduler/scheduler.ts'
import { checkBuiltInPolicyTypes } from './policy-types.ts'

export interface ControllerGroupParts {
  clock: Clock
  random: Random
  log: Logger
  rootCaPem: string
  /** Nodes that bring no pod addresses of their own get them from these. Default: none. */
  clusterCidrs?: readonly string[]
  /** Default: by the kinds that are built in. */
  checkPolicyTypes?: ControllerOptions['checkPolicyTypes']
  /** What single controllers do otherwise than by default. */
  controllerOptions?: Omit<ControllerOptions, 'rootCaPem' | 'clusterCidrs' | 'checkPolicyTypes'>
  transportFor(user: UserInfo): Transport
  tuning?: ControllerTuning
  /** Controllers besides Kubernetes' own, such as those of a cloud provider. */
  furtherControllers?(parts: ControllerParts): Controller[]
  /** Set where several servers share a store: only the holder of the lease works. Absent: this one always does. */
  leaderElection?: GroupElection
}

export interface GroupElection {
  identity: string
  /** Default: `kube-controller-manager` in `kube-system`. */
  lease?: { namespace: string; name: string }
  timing?: Pick<LeaderElectionOptions, 'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs'>
}

/** How a group that a test holds differs from one on a server. */
export interface ControllerTuning {
  /** Whether the controller of this name runs; `scheduler` is one of the names. Default: all do. */
  runs?(name: string): boolean
  /** Which parts are there at all: one without the other reads only what it needs. Default: both. */
  roles?: 'controllers' | 'scheduler' | 'further'
  /** Reconciles at once of a controller, by its name. Default: as the controller says. */
  workersOf?(name: string): number | undefined
  /** Sees what a controller's queue does, by the controller's name. */
  observeQueue?(name: string): QueueObserver
  /** Keeps what controllers count. Default: nobody does. */
  meters?: Meters
  /** The clock of a controller's queue, by its name. Default: the group's. */
  clockFor?(name: string): Clock
  /** Time for list and watch. Default: the group's. */
  informerClock?: Clock
  watchTimeoutSeconds?: number
  /** The scheduler's clock. Default: the group's. */
  schedulerClock?: Clock
  /** Filters and scores to add, replace or leave out. */
  schedulerProfile?: ProfileOptions
  /** Default: `default-scheduler`, with the usual times. */
  scheduling?: Pick<SchedulerParts, 'name' | 'queueTimes'>
  /** Called before each reconcile, with the controller's name. */
  onReconcile?(controller: string, key: string): void
  /** Cached objects are frozen, so that changing one throws. Default false. */
  freeze?: boolean
}

/** Who tells events of leadership. */
const eventSources = {
  controllers: 'kube-controller-manager',
  scheduler: 'default-scheduler',
  further: 'cloud-controller-manager',
} as const

/** Events of an election that ends have this long to be written. */
const lastWordsMs = 1_000
/** After the controllers failed to start, before the next try. */
const restartMs = 2_000

export class ControllerGroup {
  readonly #parts: ControllerGroupParts
  readonly #lost: AbortSignal | undefined
  readonly #stopping = new AbortController()
  readonly #running: { name: string; controller: RunningController }[] = []
  readonly #ends: (() => Promise<void>)[] = []
  #scheduler: Scheduler | undefined
  /** What works for this group while it leads. */
  #leading: ControllerGroup | undefined
  #electing: Promise<void> | undefined
  #fills = false

  /** `lost`: ends what would otherwise be finished when the group stops. */
  constructor(parts: ControllerGroupParts, lost?: AbortSignal) {
    this.#parts = parts
    this.#lost = lost
  }

  /** Nothing is queued or running and no retry is due without time passing. */
  get idle(): boolean {
    return this.busy().length === 0
  }

  /** Names of those that have something queued or running. */
  busy(): string[] {
    if (this.#leading) return this.#leading.busy()
    const busy = this.#running.filter(({ controller }) => !controller.idle).map(({ name }) => `controller ${name}`)
    return this.#scheduler?.idle === false ? [...busy, 'scheduler'] : busy
  }

  /** Milliseconds until the earliest retry after a failure; undefined when none is due. */
  get nextRetryMs(): number | undefined {
    if (this.#leading) return this.#leading.nextRetryMs
    const waits = [this.#scheduler?.nextRetryMs, ...this.#running.map(({ controller }) => controller.nextRetryMs)]
    const known = waits.filter((wait) => wait !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  }

  /** Resolves when all caches are there; with an election at once, since it may take any time to win. */
  async start(): Promise<void> {
    const { leaderElection } = this.#parts
    if (leaderElection) this.#electing = this.#electAndLead(leaderElection)
    else await this.#run()
  }

  /** Keys that wait, by controller. */
  queueDepths(): ReadonlyMap<string, number> {
    if (this.#leading) return this.#leading.queueDepths()
    return new Map(this.#running.map(({ name, controller }) => [name, controller.queueDepth]))
  }

  /** Whether this group's controllers work now. */
  get leads(): boolean {
    return this.#parts.leaderElection === undefined || this.#leading !== undefined
  }

  /** Whether caches are filled just now, so that nothing is done yet. */
  get fills(): boolean {
    return this.#leading ? this.#leading.fills : this.#fills
  }

  /** Stands for election again and again, as long as the group is not stopped. */
  async #electAndLead({ identity, timing, ...election }: GroupElection): Promise<void> {
    const { clock, log } = this.#parts
    const { signal } = this.#stopping
    const client = this.#clientFor(managerUser)
    const random = this.#parts.random.stream(`leader-election ${identity}`)
    const { lease = { namespace: 'kube-system', name: 'kube-controller-manager' } } = election
    const events = this.#electionEvents(client, random)
    while (!signal.aborted) {
      try {
        await runAsLeader({ client, clock, random, log, events, lease, identity, ...timing }, signal, (...signals) =>
          this.#lead(...signals),
        )
      } catch (error) {
        log.error('controllers ended', { error: String(error) })
        await clock.sleep(restartMs, signal).catch(() => {})
      }
    }
  }

  /** A server that cannot be reached is not waited for: that may be why leadership ends. */
  #electionEvents(client: Client, random: Random): EventRecorder {
    const { clock, log, tuning = {} } = this.#parts
    const { roles = 'controllers' } = tuning
    const over = new AbortController()
    const { signal } = over
    const events = createEventRecorder({ client, clock, random, log, signal, component: eventSources[roles] })
    this.#ends.push(async () => {
      await Promise.race([events.flush(), clock.sleep(lastWordsMs, signal).catch(() => {})])
      over.abort()
    })
    return events
  }

  /** What is under way when leadership is lost must not go on: another one leads. */
  async #lead(signal: AbortSignal, lost: AbortSignal, requireLease: () => void): Promise<void> {
    const { leaderElection: _, ...parts } = this.#parts
    const transportFor = (user: UserInfo): Transport => until(lost, parts.transportFor(user), requireLease)
    const group = new ControllerGroup({ ...parts, transportFor }, lost)
    if (signal.aborted) return
    const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    this.#leading = group
    try {
      // Caches may take long to fill, or never: leadership ends without waiting for them.
      await Promise.race([group.start().then(() => over), over])
    } finally {
      this.#leading = undefined
      await group.stop()
    }
  }

  async #run(): Promise<void> {
    this.#fills = true
    await this.#startAll()
    this.#fills = false
  }

  async #startAll(): Promise<void> {
    const { clock, random, log, rootCaPem, clusterCidrs = [], tuning = {} } = this.#parts
    const { checkPolicyTypes = checkBuiltInPolicyTypes } = this.#parts
    const { runs = () => true, clockFor = () => clock } = tuning
    const manager = this.#managerParts()
    const { onReconcile, observeQueue } = tuning
    const given = this.#parts.controllerOptions ?? {}
    const options = { ...given, rootCaPem, clusterCidrs, checkPolicyTypes }
    const further = this.#parts.furtherControllers?.(manager) ?? []
    const { roles = 'all' } = tuning
    const standard = roles === 'scheduler' || roles === 'further' ? [] : allControllers(manager, options)
    const controllers = roles === 'scheduler' ? [] : [...standard, ...further]
    for (const controller of controllers) {
      const { name } = controller
      if (!runs(name)) continue
      const workers = tuning.workersOf?.(name)
      const sized = workers === undefined ? controller : { ...controller, workers }
      const running = runController(
        sized,
        {
          ...{ clock: clockFor(name), log },
          ...(onReconcile ? { onReconcile } : {}),
          ...(observeQueue ? { queueObserver: observeQueue(name) } : {}),
        },
        this.#stopping.signal,
      )
      this.#running.push({ name, controller: running })
    }
    manager.informers.start()
    if (!runs('scheduler') || roles === 'controllers' || roles === 'further') return
    // The scheduler shares the controllers' caches: one copy of every pod is enough for one process.
    const client = this.#clientFor(userOf('system:kube-scheduler'))
    const { schedulerClock = clock, schedulerProfile, scheduling } = tuning
    const own = { client, clock: schedulerClock, random, log }
    const events = createEventRecorder({ ...own, component: 'default-scheduler', ...this.#ended() })
    this.#ends.unshift(() => events.flush())
    this.#scheduler = await startScheduler({
      ...{ ...manager, client, events, clock: schedulerClock, ...scheduling },
      ...(schedulerProfile ? { profile: profileOf(schedulerProfile) } : {}),
      matchDevice: deviceMatches,
      deviceTaintRules: given.featureGates?.has('DRADeviceTaintRules') ?? false,
    })
    if (this.#stopping.signal.aborted) await this.#scheduler.stop()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#electing
    await this.#scheduler?.stop()
    await Promise.all(this.#running.map(({ controller }) => controller.stop()))
    for (const end of this.#ends) await end()
  }

  #managerParts(): ControllerParts {
    const { clock, log } = this.#parts
    const random = this.#parts.random.stream('kube-controller-manager')
    const client = this.#clientFor(managerUser)
    const { informerClock = clock, watchTimeoutSeconds, freeze = false } = this.#parts.tuning ?? {}
    const timeout = watchTimeoutSeconds === undefined ? {} : { watchTimeoutSeconds }
    const informers = createInformers({ client, clock: informerClock, random, log, freeze, ...timeout })
    const events = this.#recorder(client, random)
    this.#ends.push(() => informers.stop())
    const { meters } = this.#parts.tuning ?? {}
    const parts = { client, informers, events, clock, random, log, ...(meters ? { meters } : {}) }
    const accounts = new Map<string, ControllerParts>()
    const as = (account: string): ControllerParts => {
      const known = accounts.get(account)
      if (known) return known
      const own = this.#clientFor(accountUser(account))
      const made = { ...parts, client: own, events: this.#recorder(own, random) }
      accounts.set(account, made)
      return made
    }
    return { ...parts, as }
  }

  #recorder(client: Client, random: Random): EventRecorder {
    const { clock, log } = this.#parts
    const component = eventSources.controllers
    const events = createEventRecorder({ client, clock, random, log, component, ...this.#ended() })
    this.#ends.unshift(() => events.flush())
    return events
  }

  /** Managed fields name their manager by the user agent: the component's, whatever account a controller has. */
  #clientFor(user: UserInfo): Client {
    const component = user.name.startsWith('system:kube-') ? user.name : managerUser.name
    return createClient(this.#parts.transportFor(user), { userAgent: component.replace(/^system:/, ''), shared: true })
  }

  #ended(): { signal?: AbortSignal } {
    return this.#lost ? { signal: this.#lost } : {}
  }
}

function userOf(name: string, ...groups: string[]): UserInfo {
  return { name, groups: [...groups, 'system:authenticated'], extra: {} }
}

const managerUser = userOf('system:kube-controller-manager')

/** As a token of the account would say. */
function accountUser(account: string): UserInfo {
  return userOf(serviceAccountUserName('kube-system', account), ...serviceAccountGroups('kube-system'))
}
