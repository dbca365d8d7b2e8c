/**
 * Knows when nothing more will happen without time passing: no timer is due, no key waits or runs, every watcher has
 * been given everything, and no request is under way except those that themselves wait for time.
 */
import type { ApiServer } from '../../apiserver/server.ts'
import type { ControlPlane } from '../../cluster/control-plane/control-plane.ts'
import { endOfTurn } from '../../platform/turn.ts'
import type { Store } from '../../store/store.ts'
import type { Activity } from './activity.ts'

export interface QuietParts {
  activity: Activity
  /** Fires timers that are due now; how many. Absent: time runs by itself. */
  fireDue?(): number
  /** Undefined until the control plane runs. */
  plane(): Pick<ControlPlane, 'busy'> & { api: Pick<ApiServer, 'revision'> }
  store: Pick<Store, 'currentRevision'>
  /** Further parts that may be busy, in words. */
  others?(): string[]
  /** Real monotonic time. */
  realMs(): number
  /** Lets others have the processor for a moment of real time, where only they can break the silence. */
  rest(): Promise<void>
}

export interface QuietOptions {
  /** Real time after which it gives up. */
  timeoutMs: number
  /** Silence that clients outside this process are given after they were heard or told something. Real time. */
  externalQuietMs: number
  /** Rejects with its reason. */
  signal?: AbortSignal
}

/** What still moved when time was up. */
export class NotSettledError extends Error {
  readonly busy: readonly string[]
  constructor(timeoutMs: number, busy: readonly string[]) {
    super(`wait until the cluster has settled: after ${timeoutMs} ms of real time still busy: ${busy.join('; ')}`)
    this.name = 'NotSettledError'
    this.busy = busy
  }
}

/** Turns of the event loop without any sign of work. */
const calmTurns = 2
/** Turns after which requests in this process that make no progress can only be waiting for time. */
const stuckTurns = 60
/**
 * Of one turn at most this much counts as silence: while the machine lets this process wait, clients wait as well, those
 * in this process above all.
 */
const silenceMsPerTurnMax = 2

/** Resolves when nothing moves; rejects with `NotSettledError`. */
export async function untilQuiet(parts: QuietParts, options: QuietOptions): Promise<void> {
  const startMs = parts.realMs()
  let calm = 0
  let seen = -1
  let stuck = 0
  const silence = new Silence(parts)
  for (let turn = 0; calm < calmTurns; turn++) {
    options.signal?.throwIfAborted()
    const fired = parts.fireDue?.() ?? 0
    await new Promise<void>(endOfTurn)
    const { progress } = parts.activity
    const busy = await busyNow(parts)
    if (busy.length === 0 && silence.listen() < options.externalQuietMs) {
      busy.push(outside)
      await parts.rest()
    }
    stuck = progress === seen && fired === 0 ? stuck + 1 : 0
    seen = progress
    if (busy.length === 0 && fired === 0) calm++
    else if (stuck >= stuckTurns && onlyTimeHelps(parts, busy)) return
    else calm = 0
    if (turn % 8 === 7 && parts.realMs() - startMs > options.timeoutMs) {
      throw new NotSettledError(options.timeoutMs, busy.length > 0 ? busy : ['timers that set timers for now'])
    }
  }
}

async function busyNow(parts: QuietParts): Promise<string[]> {
  const { activity, store } = parts
  const plane = parts.plane()
  const busy = [...activity.busy(), ...plane.busy(), ...(parts.others?.() ?? [])]
  const revision = await store.currentRevision()
  if (plane.api.revision < revision) busy.push(`watch cache: at revision ${plane.api.revision} of ${revision}`)
  return busy
}

const outside = 'clients outside this process'

/** How long clients outside this process have been silent. */
class Silence {
  readonly #parts: QuietParts
  #heardMs: number
  #silentMs: number
  #lastMs: number

  constructor(parts: QuietParts) {
    this.#parts = parts
    this.#lastMs = parts.realMs()
    this.#heardMs = parts.activity.heardOutsideMs
    this.#silentMs = this.#lastMs - this.#heardMs
  }

  /** Milliseconds; to be called every turn. */
  listen(): number {
    const nowMs = this.#parts.realMs()
    const { heardOutsideMs } = this.#parts.activity
    if (heardOutsideMs === this.#heardMs) this.#silentMs += Math.min(nowMs - this.#lastMs, silenceMsPerTurnMax)
    else this.#silentMs = 0
    this.#heardMs = heardOutsideMs
    this.#lastMs = nowMs
    return this.#silentMs
  }
}

/** Requests in this process need no I/O: when nothing else moves and they do not end, they sleep. */
function onlyTimeHelps({ activity, fireDue }: QuietParts, busy: readonly string[]): boolean {
  return fireDue !== undefined && activity.externalRequests <= activity.heldRequests && !busy.includes(outside)
}
