/**
 * Watches and logs over a WebSocket, as browsers ask for them. Every event of a watch is a message of its own, text for
 * JSON, binary (without the length that frames have in HTTP) for protobuf. Logs come in pieces, binary or in base64.
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
  const { status, body, headers } = response
  const type = headers['content-type'] ?? ''
  const isLog = type.startsWith('text/plain')
  if (status !== 200 || (body instanceof Uint8Array && !isLog)) return response
  const webSocket = await accepted(request, socket, head)
  if (!webSocket) return undefined
  const iterator = (body instanceof Uint8Array ? only(body) : body)[Symbol.asyncIterator]()
  webSocket.once('close', () => void iterator.return?.())
  const inBase64 = webSocket.protocol === base64Protocol
  const messages = isLog ? (chunk: Uint8Array) => [inBase64 ? asBase64(chunk) : chunk] : eventsOf(type)
  void pump(webSocket, iterator, messages).catch(() => webSocket.terminate())
  return undefined
}

const base64Protocol = 'base64.binary.k8s.io'

async function* only(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

function asBase64(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('base64')
}

function eventsOf(contentType: string): MessagesOf {
  return contentType.startsWith('application/json') ? linesOf : unframed
}

/** Texts go as text messages, bytes as binary ones. */
type MessagesOf = (chunk: Uint8Array) => (string | Uint8Array)[]

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

async function pump(webSocket: WebSocket, chunks: AsyncIterator<Uint8Array>, messagesOf: MessagesOf): Promise<void> {
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    for (const message of messagesOf(next.value)) {
      if (webSocket.readyState !== webSocket.OPEN) return
      // The next event waits until this one is on its way: who reads slowly falls behind in the watch, not in memory.
      await new Promise<void>((resolve) =>
        webSocket.send(message, { binary: typeof message !== 'string' }, () => resolve()),
      )
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
