/**
 * One leader among several instances, by a Lease that the leader renews (client-go's leader election;
 * https://kubernetes.io/docs/concepts/architecture/leases/). Candidates measure a lease's age by their own clock from
 * when they saw it change, so that clocks need not agree.
 */
import { ApiError } from '../api/errors.ts'
import { coordinationV1 } from '../api/resources.ts'
import type { Lease, LeaseSpec } from '../api/types/coordination/v1.ts'
import { type Clock, rfc3339Micro } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Client, Reader, Writer } from './client.ts'
import type { EventRecorder } from './events.ts'

export interface LeaderElectionOptions {
  client: Client
  clock: Clock
  random: Random
  log: Logger
  lease: { namespace: string; name: string }
  /** Unique among the candidates, such as host name and a UUID. */
  identity: string
  /** Told of the lease when leadership comes and goes. Default: nobody is. */
  events?: EventRecorder
  /** Others take over after this long without renewal. Default 15,000. */
  leaseDurationMs?: number
  /** The leader gives up when it could not renew for this long; below the lease's duration. Default 10,000. */
  renewDeadlineMs?: number
  /** Between tries to acquire or renew. Default 2,000. */
  retryPeriodMs?: number
}

/** Tries spread by up to this share of the period. Source: client-go's jitter factor. */
const jitter = 1.2

/** Another one may lead already. */
export class LeadershipLostError extends Error {
  constructor() {
    super('leadership was lost')
    this.name = 'LeadershipLostError'
  }
}

/**
 * Waits to become leader, runs `lead`, and resolves when that ended or leadership was lost; then `lead`'s signal is
 * aborted and it has been waited for. The lease is renewed until `lead` has ended and released then; should it be lost
 * meanwhile, `lost` aborts too, and nothing may be done any more as a leader. Who was stopped for a while may have lost it
 * before it can notice: `requireLease`, asked before each write, throws `LeadershipLostError` when the lease may have run
 * out by the own clock. Rejects only with what `lead` threw.
 */
export async function runAsLeader(
  options: LeaderElectionOptions,
  signal: AbortSignal,
  lead: (signal: AbortSignal, lost: AbortSignal, requireLease: () => void) => Promise<void>,
): Promise<void> {
  const candidate = new Candidate(options)
  if (!(await candidate.acquire(signal))) return
  options.log.info('became leader', { lease: options.lease.name, identity: options.identity })
  candidate.tell('became leader')
  const [leading, lost, ended] = [new AbortController(), new AbortController(), new AbortController()]
  const stop = (): void => leading.abort(signal.reason)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const renewing = candidate.renewUntilLost(ended.signal).then((isLost) => {
    if (!isLost) return false
    options.log.error('leadership lost', { lease: options.lease.name, identity: options.identity })
    const error = new LeadershipLostError()
    lost.abort(error)
    leading.abort(error)
    return true
  })
  try {
    await lead(leading.signal, lost.signal, () => candidate.requireLease())
  } finally {
    signal.removeEventListener('abort', stop)
    leading.abort()
    ended.abort()
    candidate.tell('stopped leading')
    if (!(await renewing)) await candidate.release()
  }
}

class Candidate {
  readonly #options: LeaderElectionOptions
  readonly #leases: Reader<Lease> & Writer<Lease>
  readonly #leaseDurationMs: number
  readonly #renewDeadlineMs: number
  readonly #retryPeriodMs: number
  #observed: Lease | undefined
  #observedAtMs = 0
  /** When the last try that renewed it began: others count from later on. */
  #renewedAtMs = 0

  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options
    if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs * jitter) {
      throw new RangeError('leader election: need leaseDuration > renewDeadline > 1.2 × retryPeriod')
    }
    this.#options = options
    this.#leases = options.client.of(coordinationV1.leases, options.lease.namespace)
    this.#leaseDurationMs = leaseDurationMs
    this.#renewDeadlineMs = renewDeadlineMs
    this.#retryPeriodMs = retryPeriodMs
  }

  /** False when the signal aborted first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      this.#renewedAtMs = this.#options.clock.monotonicMs()
      if (await this.#tryOnce()) return true
      const periodMs = this.#retryPeriodMs * (1 + this.#options.random.float() * (jitter - 1))
      await this.#options.clock.sleep(periodMs, signal).catch(() => {})
    }
    return false
  }

  /** True when lost, false when the signal aborted. */
  async renewUntilLost(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    while (!signal.aborted) {
      await clock.sleep(this.#retryPeriodMs, signal).catch(() => {})
      if (signal.aborted) break
      const triedAtMs = clock.monotonicMs()
      if (await this.#withinDeadline(this.#renewedAtMs, signal)) this.#renewedAtMs = triedAtMs
      else if (this.#isHeldByOther() || clock.monotonicMs() - this.#renewedAtMs >= this.#renewDeadlineMs) return true
    }
    return false
  }

  /** As client-go words it. */
  tell(what: string): void {
    const { events, identity } = this.#options
    if (!this.#observed) return
    const about = { resource: coordinationV1.leases, object: this.#observed }
    events?.event(about, 'Normal', 'LeaderElection', `${identity} ${what}`)
  }

  requireLease(): void {
    if (this.#options.clock.monotonicMs() - this.#renewedAtMs >= this.#leaseDurationMs) throw new LeadershipLostError()
  }

  async release(): Promise<void> {
    try {
      await this.#giveUp().catch(async (error: unknown) => {
        if (!(error instanceof ApiError && error.reason === 'Conflict')) throw error
        // A renewal that was cut off may have arrived all the same.
        this.#observed = await this.#read({})
        await this.#giveUp()
      })
    } catch (error) {
      // The lease runs out by itself.
      this.#options.log.debug('lease not released', { error: String(error) })
    }
  }

  async #giveUp(): Promise<void> {
    if (this.#observed?.spec?.holderIdentity !== this.#options.identity) return
    const now = rfc3339Micro(this.#options.clock.nowMs())
    const { leaseTransitions = 0 } = this.#observed.spec
    const spec: LeaseSpec = {
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: now,
      acquireTime: now,
      leaseTransitions,
    }
    await this.#leases.update({ ...this.#observed, spec })
  }

  /** A request that hangs must not outlast the deadline. */
  async #withinDeadline(renewedAtMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    const over = new AbortController()
    const abort = (): void => over.abort()
    signal.addEventListener('abort', abort)
    const cancel = clock.after(renewedAtMs + this.#renewDeadlineMs - clock.monotonicMs(), abort)
    try {
      return await this.#tryOnce(over.signal)
    } finally {
      cancel()
      signal.removeEventListener('abort', abort)
    }
  }

  async #tryOnce(signal?: AbortSignal): Promise<boolean> {
    try {
      return await this.#acquireOrRenew(signal ? { signal } : {})
    } catch (error) {
      this.#options.log.debug('lease not acquired or renewed', { error: String(error) })
      return false
    }
  }

  async #acquireOrRenew(options: { signal?: AbortSignal }): Promise<boolean> {
    const { lease, clock, identity } = this.#options
    const now = rfc3339Micro(clock.nowMs())
    const leaseDurationSeconds = Math.ceil(this.#leaseDurationMs / 1000)
    const mine: LeaseSpec = { holderIdentity: identity, leaseDurationSeconds, acquireTime: now, renewTime: now }
    const current = await this.#read(options)
    if (!current) {
      const created = { metadata: { ...lease }, spec: { ...mine, leaseTransitions: 0 } }
      this.#observe(await this.#leases.create(created, options))
      return true
    }
    this.#observe(current)
    if (this.#isHeldByOther()) return false
    const { holderIdentity, leaseTransitions = 0, acquireTime = now } = current.spec ?? {}
    const spec: LeaseSpec =
      holderIdentity === identity
        ? { ...mine, acquireTime, leaseTransitions }
        : { ...mine, leaseTransitions: leaseTransitions + 1 }
    this.#observe(await this.#leases.update({ ...current, spec: { ...current.spec, ...spec } }, options))
    return true
  }

  async #read(options: { signal?: AbortSignal }): Promise<Lease | undefined> {
    try {
      return await this.#leases.get(this.#options.lease.name, options)
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined
      throw error
    }
  }

  #observe(lease: Lease): void {
    const { metadata: seen } = this.#observed ?? {}
    if (seen?.resourceVersion === lease.metadata.resourceVersion && seen?.uid === lease.metadata.uid) return
    this.#observed = lease
    this.#observedAtMs = this.#options.clock.monotonicMs()
  }

  #isHeldByOther(): boolean {
    const { holderIdentity = '', leaseDurationSeconds = 0 } = this.#observed?.spec ?? {}
    if (holderIdentity === '' || holderIdentity === this.#options.identity) return false
    return this.#options.clock.monotonicMs() < this.#observedAtMs + leaseDurationSeconds * 1000
  }
}
