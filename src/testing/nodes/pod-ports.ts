/**
 * `kubectl port-forward` to simulated pods: a SPDY connection, bare or inside a WebSocket, with two streams for each
 * forwarded connection, one for data and one for what went wrong. Source: KEP-4006, client-go's `tools/portforward`.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest } from '../../api/errors.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { ProxyCall } from '../../apiserver/node-proxy.ts'
import type { ApiResponse } from '../../apiserver/request.ts'
import { SpdyConnection, type SpdyStream } from '../../kubelet/streaming/spdy.ts'
import { acceptSpdy } from '../../kubelet/streaming/spdy-accept.ts'
import { acceptWebSocket, portForwardTunnel, webSocketStream } from '../../kubelet/streaming/websocket.ts'
import { limits } from '../../limits.ts'
import { answerHttp } from '../../platform/real/http-connection.ts'
import type { SimulatedNodeProxyParts } from './node-proxy.ts'
import { answerOnPort, listenerAt } from './pod-http.ts'

export async function forwardPorts(
  parts: SimulatedNodeProxyParts,
  call: ProxyCall,
  socket: Duplex,
  head: Uint8Array,
): Promise<ApiResponse | undefined> {
  const pod = call.object as Pod
  if (pod.status?.phase !== 'Running') {
    throw badRequest(`unable to forward port because pod is not running. Current status=${pod.status?.phase}`)
  }
  serve(parts, pod, await accepted(call, socket, head))
  return undefined
}

async function accepted({ request }: ProxyCall, socket: Duplex, head: Uint8Array): Promise<Duplex> {
  if (request.headers.upgrade?.toLowerCase() === 'websocket') {
    const message = { method: 'GET', url: request.path, headers: request.headers } as unknown as IncomingMessage
    const tunnel = await acceptWebSocket(message, socket, head, [portForwardTunnel])
    if (tunnel) return webSocketStream(tunnel.socket)
    throw badRequest(`unable to upgrade connection: the WebSocket protocol has to be ${portForwardTunnel}`)
  }
  return acceptSpdy(request.headers, socket, head, 'portforward.k8s.io')
}

function serve(parts: SimulatedNodeProxyParts, pod: Pod, connection: Duplex): void {
  const errors = new Map<string, SpdyStream>()
  const spdy = new SpdyConnection(connection, {
    onStream({ streamtype, port = '', requestid = '' }, stream) {
      if (streamtype === 'error') {
        if (errors.size >= limits.simulatedConnectionsMax) return spdy.close()
        errors.set(requestid, stream)
        stream.resume()
        return
      }
      const error = errors.get(requestid)
      errors.delete(requestid)
      connect(parts, pod, Number(port), stream, error)
    },
  })
}

/** Hands the stream to who listens; the error stream says why when nobody does, and ends in any case. */
function connect(
  parts: SimulatedNodeProxyParts,
  pod: Pod,
  port: number,
  stream: SpdyStream,
  error: SpdyStream | undefined,
): void {
  const listener = listenerAt(parts, pod, port)
  if (!listener) {
    error?.end(`failed to connect to localhost:${port} inside pod ${pod.metadata.name}: connection refused`)
    // What it sends all the same must not hold the other connections back.
    stream.resume().end()
    return
  }
  error?.end()
  const { tcp } = listener.rule
  if (tcp) return tcp(stream, { pod, container: listener.container, port })
  answerHttp(stream, (request, response) => {
    answerOnPort(listener, request, response).catch(() => response.destroy())
  })
}
