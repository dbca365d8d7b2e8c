/**
 * A bound on requests served at once, readers and writers apart, as `--max-requests-inflight` has it. Long-running ones
 * are exempt, and so is who is in `system:masters`.
 */
import { tooManyRequests } from '../../api/errors.ts'
import type { Family } from '../metrics/families.ts'
import { isLongRunning, type RequestInfo, type UserInfo } from '../request.ts'
import { standardServing } from '../serving.ts'
import { type Entered, type InFlightMax, kindOf, type RequestLimit, uncounted } from './request-limit.ts'

export class InFlightLimit implements RequestLimit {
  readonly #max: InFlightMax
  readonly current = { reads: 0, writes: 0 }

  constructor(max: InFlightMax = standardServing) {
    this.#max = max
  }

  async start(): Promise<void> {}

  enter(_request: unknown, info: RequestInfo, user: UserInfo): Entered {
    if (isLongRunning(info) || user.groups.includes('system:masters')) return uncounted
    const kind = kindOf(info)
    const max = kind === 'reads' ? this.#max.readRequestsInFlightMax : this.#max.writeRequestsInFlightMax
    if (this.current[kind] >= max) throw tooManyRequests('Too many requests, please try again later.', 1)
    this.current[kind] += 1
    let left = false
    return {
      headers: {},
      leave: () => {
        if (!left) this.current[kind] -= 1
        left = true
      },
    }
  }

  metrics(): Family[] {
    return []
  }

  page(): undefined {
    return undefined
  }
}
