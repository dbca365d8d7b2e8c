/** What a request is about, from its method and path. */
import { type RequestInfo, requestInfoOf } from '../../apiserver/request.ts'
import type { TransportRequest } from '../../client/transport.ts'

/** Several look at a request one after the other. */
let last: { method: string; path: string; info: RequestInfo } | undefined

/** Shared; must not be changed. */
export function infoOf({ method, path }: Pick<TransportRequest, 'method' | 'path'>): RequestInfo {
  if (last?.path === path && last.method === method) return last.info
  const [plain = '', query = ''] = path.split('?')
  const info = requestInfoOf({ method, path: plain, query: new URLSearchParams(query) })
  last = { method, path, info }
  return info
}
