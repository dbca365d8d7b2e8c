/** What a request is about, from its method and path. */
import { type RequestInfo, requestInfoOf } from '../../apiserver/request.ts'
import type { TransportRequest } from '../../client/transport.ts'

export function infoOf({ method, path }: Pick<TransportRequest, 'method' | 'path'>): RequestInfo {
  const [plain = '', query = ''] = path.split('?')
  return requestInfoOf({ method, path: plain, query: new URLSearchParams(query) })
}
