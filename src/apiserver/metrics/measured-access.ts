/** Who says who asks and what they may, with how often and how long counted. At once where they answer at once. */
import type { Clock } from '../../platform/clock.ts'
import type { Authenticator } from '../authenticate.ts'
import type { Authorizer } from '../authorize.ts'
import type { Family } from './families.ts'
import { AccessMetrics } from './security-metrics.ts'

interface Watched {
  authenticator: Authenticator
  authorizer: Authorizer
}

export class MeasuredAccess implements Watched {
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly #metrics = new AccessMetrics()

  constructor({ authenticator, authorizer }: Watched, clock: Clock) {
    const metrics = this.#metrics
    this.authenticator = {
      authenticate: (request) =>
        timed(clock, () => authenticator.authenticate(request), {
          done: (user, seconds) => metrics.authenticated(user?.name, seconds),
          failed: (seconds) => metrics.authenticated(undefined, seconds),
        }),
    }
    this.authorizer = {
      authorize: (attributes) =>
        timed(clock, () => authorizer.authorize(attributes), {
          done: ({ allowed }, seconds) => metrics.authorized(allowed ? 'allowed' : 'denied', seconds),
          failed: (seconds) => metrics.authorized('error', seconds),
        }),
    }
  }

  get families(): readonly Family[] {
    return this.#metrics.families
  }
}

function timed<T>(
  clock: Clock,
  work: () => T | Promise<T>,
  { done, failed }: { done(value: T, seconds: number): void; failed(seconds: number): void },
): T | Promise<T> {
  const startMs = clock.monotonicMs()
  const seconds = () => (clock.monotonicMs() - startMs) / 1000
  const refused = (error: unknown): never => {
    failed(seconds())
    throw error
  }
  let value: T | Promise<T>
  try {
    value = work()
  } catch (error) {
    return refused(error)
  }
  const known = (result: T): T => {
    done(result, seconds())
    return result
  }
  return value instanceof Promise ? value.then(known, refused) : known(value)
}
