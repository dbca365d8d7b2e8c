/**
 * A bound on requests served at once, readers and writers apart, as `--max-requests-inflight` has it. Long-running ones
 * are exempt, and so is who is in `system:masters`.
 */
import { tooManyRequests } from '../../api/errors.ts'
import { isLongRunning, type RequestInfo, type UserInfo } from '../request.ts'
import { type Serving, standardServing } from '../serving.ts'

export type InFlightMax = Pick<Serving, 'readRequestsInFlightMax' | 'writeRequestsInFlightMax'>

export class InFlightLimit {
  readonly #max: InFlightMax
  #reads = 0
  #writes = 0

  constructor(max: InFlightMax = standardServing) {
    this.#max = max
  }

  get current(): { reads: number; writes: number } {
    return { reads: this.#reads, writes: this.#writes }
  }

  /** Takes a place and returns what gives it back. Throws the 429. */
  enter(info: RequestInfo, user: UserInfo): () => void {
    if (isLongRunning(info) || user.groups.includes('system:masters')) return () => {}
    const isRead = ['get', 'list', 'watch'].includes(info.verb)
    const full = isRead
      ? this.#reads >= this.#max.readRequestsInFlightMax
      : this.#writes >= this.#max.writeRequestsInFlightMax
    if (full) throw tooManyRequests('Too many requests, please try again later.', 1)
    if (isRead) this.#reads += 1
    else this.#writes += 1
    return once(() => {
      if (isRead) this.#reads -= 1
      else this.#writes -= 1
    })
  }
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (!done) action()
    done = true
  }
}
