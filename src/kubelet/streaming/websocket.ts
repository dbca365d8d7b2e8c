/**
 * Kubernetes' streams over a WebSocket: each message starts with the number of its channel; in v5 the two bytes
 * `255, channel` end a channel. Also SPDY tunnelled whole in binary messages, for port-forward.
 * Source: KEP-4006, https://kubernetes.io/blog/2024/08/20/websockets-transition/
 */
import type { IncomingMessage } from 'node:http'
import { Duplex, type Readable } from 'node:stream'
import type { WebSocket } from 'ws'

export const remoteCommandProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io'] as const
export const portForwardTunnel = 'SPDY/3.1+portforward.k8s.io'

export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

const messageBytesMax = 32 * 1024 * 1024
/** Messages waiting to be sent beyond this pause what they come from. */
const bufferedBytesMax = 1024 * 1024

/**
 * Completes the handshake with the first of our protocols that the client offers; undefined when there is none, or when
 * the client is gone.
 */
export async function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  protocols: readonly string[],
): Promise<{ socket: WebSocket; protocol: string } | undefined> {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((text) => text.trim())
  const protocol = protocols.find((candidate) => offered.includes(candidate))
  if (protocol === undefined && offered.some((text) => text !== '')) return undefined
  const { WebSocketServer } = await import('ws')
  if (socket.destroyed) return undefined
  const server = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax, perMessageDeflate: false })
  // The tunnel's name has a slash, which `ws` takes for an error: we answer to the names ourselves.
  const { 'sec-websocket-protocol': _, ...headers } = request.headers
  const unnamed = Object.create(request, { headers: { value: headers } }) as IncomingMessage
  if (protocol !== undefined) server.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise((resolve) => {
    server.once('wsClientError', () => resolve(undefined))
    socket.once('close', () => resolve(undefined))
    server.handleUpgrade(unnamed, socket, Buffer.from(head), (webSocket) => {
      webSocket.on('error', () => webSocket.terminate())
      resolve({ socket: webSocket, protocol: protocol ?? 'channel.k8s.io' })
    })
  })
}

/** Sends what a stream gives on a channel, and stops reading it while too much waits. Resolves at its end. */
export function pumpToChannel(source: Readable, webSocket: WebSocket, number: number): Promise<void> {
  const prefix = Buffer.from([number])
  return new Promise((resolve) => {
    source.on('data', (bytes: Buffer) => {
      if (webSocket.readyState !== webSocket.OPEN) return
      if (webSocket.bufferedAmount > bufferedBytesMax) source.pause()
      webSocket.send(Buffer.concat([prefix, bytes]), () => source.resume())
    })
    source.once('end', resolve)
    source.once('close', () => resolve())
  })
}

/** The bytes of a WebSocket's binary messages as one stream. */
export function webSocketStream(webSocket: WebSocket): Duplex {
  const stream = new Duplex({
    write(chunk: Buffer, _encoding, done) {
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(chunk, (error) => done(error ?? null))
      else done(new Error('the WebSocket is closed'))
    },
    final(done) {
      webSocket.close(1000)
      done()
    },
    read() {
      webSocket.resume()
    },
    destroy(_error, done) {
      webSocket.terminate()
      done(null)
    },
  })
  stream.on('error', () => undefined)
  webSocket.on('message', (data: Buffer) => {
    if (!stream.push(data)) webSocket.pause()
  })
  // Nothing can be sent any more either: what came is read to its end, then both sides are let go.
  stream.once('end', () => stream.destroy())
  webSocket.on('close', () => stream.push(null))
  return stream
}
