/** `--kube-api-qps` and `--kube-api-burst`: how many requests a component may send. */
import type { Transport, TransportRequest } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'

export interface Throttle {
  /** Requests a second, in the long run. */
  perSecond: number
  /** As many may come at once. */
  burst: number
}

/** Who leads must be able to say so. */
const unbounded = '/apis/coordination.k8s.io/'

/** Undefined: as many as it takes. Throws `FlagError`. */
export function throttleOf(flags: Flags): Throttle | undefined {
  const text = flags.text('kube-api-qps') ?? '-1'
  const perSecond = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(perSecond)) throw new FlagError(`--kube-api-qps must be a number, got ${JSON.stringify(text)}`)
  if (perSecond <= 0) return undefined
  return { perSecond, burst: flags.count('kube-api-burst') || Math.max(1, Math.floor(perSecond)) }
}

/** `waited`: told of each request how many seconds it was held back. */
export function throttled(
  transport: Transport,
  { perSecond, burst }: Throttle,
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
  waited: (request: TransportRequest, seconds: number) => void,
): Transport {
  const everyMs = 1000 / perSecond
  /** When the request after those that were let through would be due, had they come evenly. */
  let dueMs = Number.NEGATIVE_INFINITY
  const turn = async (request: TransportRequest): Promise<void> => {
    if (request.path.startsWith(unbounded)) return
    const nowMs = clock.monotonicMs()
    const goesMs = Math.max(dueMs, nowMs - burst * everyMs) + everyMs
    const waitMs = Math.max(0, goesMs - nowMs)
    dueMs = goesMs
    waited(request, waitMs / 1000)
    if (waitMs > 0) await clock.sleep(waitMs, request.signal)
  }
  return {
    send: async (request) => {
      await turn(request)
      return transport.send(request)
    },
    upgrade: async (request) => {
      await turn(request)
      return transport.upgrade(request)
    },
    close: () => transport.close(),
  }
}
