/** How many requests are served at once, and who waits: what the server asks of either way to bound them. */
import type { Family } from '../metrics/families.ts'
import type { Objects } from '../objects.ts'
import type { ApiRequest, RequestInfo, UserInfo } from '../request.ts'
import type { Serving } from '../serving.ts'

export type InFlightMax = Pick<Serving, 'readRequestsInFlightMax' | 'writeRequestsInFlightMax'>

/** Readers and writers are counted apart. */
export type RequestKind = 'reads' | 'writes'

export function kindOf({ verb }: Pick<RequestInfo, 'verb'>): RequestKind {
  return verb === 'get' || verb === 'list' || verb === 'watch' ? 'reads' : 'writes'
}

/** A request that may be served. */
export interface Entered {
  /** For the answer, whatever it is. */
  headers: Readonly<Record<string, string>>
  /** Gives its place back; only the first call counts. */
  leave(): void
}

/** For a request that is not counted. */
export const uncounted: Entered = { headers: {}, leave: () => undefined }

export interface RequestLimit {
  /** Requests being served. */
  readonly current: Readonly<Record<RequestKind, number>>
  /** Resolves when what is configured is in force. */
  start(objects: Objects): Promise<void>
  /** At once where there is room. Throws, or rejects with, the 429. */
  enter(request: Pick<ApiRequest, 'query' | 'signal'>, info: RequestInfo, user: UserInfo): Entered | Promise<Entered>
  metrics(): Family[]
  /** Who waits where, for people; undefined for a path that says nothing of it. */
  page(path: string): string | undefined
}
