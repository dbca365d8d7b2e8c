/**
 * A watch over a WebSocket, as browsers ask for it: every event is a message of its own, text for JSON, binary (without
 * the length that frames have in HTTP) for protobuf.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { limits } from '../../limits.ts'
import { webSocketTokenPrefix } from '../authentication/headers.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'

export function asksForWebSocket({ headers, method }: ApiRequest): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

/** Takes the socket over and sends what the response streams; gives back a response that streams nothing. */
export async function serveOverWebSocket(
  request: ApiRequest,
  response: ApiResponse,
  socket: Duplex,
  head: Uint8Array,
): Promise<ApiResponse | undefined> {
  const { body } = response
  if (response.status !== 200 || body instanceof Uint8Array) return response
  const webSocket = await accepted(request, socket, head)
  if (!webSocket) return undefined
  const isText = response.headers['content-type']?.startsWith('application/json') ?? false
  const iterator = body[Symbol.asyncIterator]()
  webSocket.once('close', () => void iterator.return?.())
  void pump(webSocket, iterator, isText).catch(() => webSocket.terminate())
  return undefined
}

async function accepted(request: ApiRequest, socket: Duplex, head: Uint8Array): Promise<WebSocket | undefined> {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.watchSocketMessageBytesMax,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered].find((name) => !name.startsWith(webSocketTokenPrefix)) ?? false,
  })
  const incoming = { method: request.method, url: request.path, headers: request.headers } as unknown as IncomingMessage
  return await new Promise((resolve) => {
    server.once('wsClientError', () => resolve(undefined))
    socket.once('close', () => resolve(undefined))
    server.handleUpgrade(incoming, socket, Buffer.from(head), (webSocket) => {
      webSocket.on('error', () => webSocket.terminate())
      resolve(webSocket)
    })
  })
}

async function pump(webSocket: WebSocket, events: AsyncIterator<Uint8Array>, isText: boolean): Promise<void> {
  for (let next = await events.next(); !next.done; next = await events.next()) {
    for (const message of isText ? linesOf(next.value) : unframed(next.value)) {
      if (webSocket.readyState !== webSocket.OPEN) return
      // The next event waits until this one is on its way: who reads slowly falls behind in the watch, not in memory.
      await new Promise<void>((resolve) => webSocket.send(message, { binary: !isText }, () => resolve()))
    }
  }
  webSocket.close(1000)
}

function linesOf(chunk: Uint8Array): string[] {
  return new TextDecoder()
    .decode(chunk)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
}

const lengthBytes = 4

function unframed(chunk: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = []
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  for (let at = 0; at + lengthBytes <= chunk.length; ) {
    const end = at + lengthBytes + view.getUint32(at)
    messages.push(chunk.subarray(at + lengthBytes, end))
    at = end
  }
  return messages
}
