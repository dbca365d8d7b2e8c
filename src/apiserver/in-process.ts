/** The client's transport without sockets: the request goes straight into the pipeline. */
import { duplexPair } from 'node:stream'
import type { Transport, TransportReply, TransportRequest } from '../client/transport.ts'
import type { FrontHandler } from './http/front.ts'
import type { ApiRequest, UserInfo } from './request.ts'

const noBody = new Uint8Array()

export function inProcessTransport(handler: FrontHandler, user: UserInfo): Transport {
  const closed = new AbortController()
  return {
    async send(request): Promise<TransportReply> {
      const { status, headers, body, warnings } = await handler.handle(apiRequestOf(request, user, closed.signal))
      // As HTTP joins a header that stands several times.
      if (warnings) return { status, headers: { ...headers, warning: warnings.join(', ') }, body }
      return { status, headers, body }
    },
    async upgrade(request) {
      const [ours, theirs] = duplexPair()
      const refusal = await handler.upgrade(apiRequestOf(request, user, closed.signal), theirs, noBody)
      if (refusal) {
        ours.destroy()
        const body = refusal.body instanceof Uint8Array ? refusal.body : noBody
        return { status: refusal.status, headers: refusal.headers, body }
      }
      return { status: 101, headers: {}, socket: ours, body: noBody }
    },
    async close() {
      closed.abort(new Error('the transport was closed'))
    },
  }
}

function apiRequestOf(request: TransportRequest, user: UserInfo, closed: AbortSignal): ApiRequest {
  const question = request.path.indexOf('?')
  let signal: AbortSignal | undefined
  return {
    method: request.method,
    path: question < 0 ? request.path : request.path.slice(0, question),
    query: new URLSearchParams(question < 0 ? '' : request.path.slice(question + 1)),
    headers: request.headers,
    body: request.body ?? noBody,
    // Few ask for it, and one that follows two others is dear.
    get signal() {
      signal ??= request.signal ? AbortSignal.any([request.signal, closed]) : closed
      return signal
    },
    remoteAddress: '',
    user,
  }
}
