/**
 * exec, attach and port-forward: carries a client's WebSocket or SPDY connection to the runtime's streaming server. SPDY
 * clients are joined to it as they are; WebSocket channels become SPDY streams, so that the end of standard input
 * arrives as a half-close.
 */
import type { IncomingMessage } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Status } from '../../api/types/meta/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import { join } from '../../platform/join.ts'
import type { Net } from '../../platform/net.ts'
import { SpdyConnection } from './spdy.ts'
import {
  acceptWebSocket,
  channel,
  portForwardTunnel,
  pumpToChannel,
  remoteCommandProtocols,
  webSocketStream,
} from './websocket.ts'

export interface Upgrade {
  request: IncomingMessage
  socket: Duplex
  head: Uint8Array
}

export interface CommandStreams {
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

/** The handshake was refused; nothing has been written to the client yet. */
export class StreamRefused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'StreamRefused'
    this.status = status
  }
}

export async function streamCommand(
  { net, clock }: { net: Net; clock: Clock },
  url: string,
  upgrade: Upgrade,
  streams: CommandStreams,
): Promise<void> {
  if (!isWebSocket(upgrade)) return joinSpdy(net, url, upgrade)
  const upstream = await connectSpdy(net, url, { 'x-stream-protocol-version': 'v4.channel.k8s.io' })
  const accepted = await acceptWebSocket(upgrade.request, upgrade.socket, upgrade.head, remoteCommandProtocols)
  if (!accepted) {
    upstream.destroy()
    throw new StreamRefused(400, 'unable to upgrade connection: no supported WebSocket protocol was offered')
  }
  await bridge(clock, new SpdyConnection(upstream), accepted, streams)
}

export async function streamPorts(net: Net, url: string, upgrade: Upgrade): Promise<void> {
  if (!isWebSocket(upgrade)) return joinSpdy(net, url, upgrade)
  const upstream = await connectSpdy(net, url, { 'x-stream-protocol-version': 'portforward.k8s.io' })
  const accepted = await acceptWebSocket(upgrade.request, upgrade.socket, upgrade.head, [portForwardTunnel])
  if (!accepted) {
    upstream.destroy()
    throw new StreamRefused(400, `unable to upgrade connection: the WebSocket protocol has to be ${portForwardTunnel}`)
  }
  join(webSocketStream(accepted.socket), upstream)
}

function isWebSocket({ request }: Upgrade): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}

async function connectSpdy(net: Net, url: string, headers: Record<string, string>): Promise<Duplex> {
  const reply = await net.upgrade({ method: 'POST', url, headers: { ...headers, upgrade: 'SPDY/3.1' } })
  if (reply.socket) return reply.socket
  throw new StreamRefused(502, `the runtime refused to stream: ${Buffer.from(reply.body).toString()}`)
}

/** The client and the runtime speak the same protocol: only the handshake is repeated. */
async function joinSpdy(net: Net, url: string, { request, socket, head }: Upgrade): Promise<void> {
  const headers: Record<string, string> = { upgrade: request.headers.upgrade ?? 'SPDY/3.1' }
  const version = request.headers['x-stream-protocol-version']
  if (version) headers['x-stream-protocol-version'] = Array.isArray(version) ? version.join(', ') : version
  const reply = await net.upgrade({ method: 'POST', url, headers })
  if (!reply.socket)
    throw new StreamRefused(reply.status, `unable to upgrade connection: ${Buffer.from(reply.body).toString()}`)
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${headers.upgrade}`]
  const chosen = reply.headers['x-stream-protocol-version']
  if (chosen) lines.push(`X-Stream-Protocol-Version: ${chosen}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  if (head.length > 0) reply.socket.write(head)
  join(socket, reply.socket)
}

async function bridge(
  clock: Clock,
  spdy: SpdyConnection,
  { socket: webSocket, protocol }: { socket: WebSocket; protocol: string },
  streams: CommandStreams,
): Promise<void> {
  const error = spdy.open({ streamtype: 'error' })
  const stdin = streams.stdin ? spdy.open({ streamtype: 'stdin' }) : undefined
  const stdout = streams.stdout ? spdy.open({ streamtype: 'stdout' }) : undefined
  const stderr = streams.stderr && !streams.tty ? spdy.open({ streamtype: 'stderr' }) : undefined
  const resize = streams.tty ? spdy.open({ streamtype: 'resize' }) : undefined
  const inputs = new Map([
    [channel.stdin, stdin],
    [channel.resize, resize],
  ] as [number, Duplex | undefined][])
  // Nothing is expected from the runtime on these.
  for (const input of inputs.values()) input?.resume()
  webSocket.on('message', (data: Buffer) => receive(webSocket, inputs, data))
  webSocket.on('close', () => spdy.close())
  const ended = pumpToChannel(outcome(error, protocol), webSocket, channel.error)
  const outputs: Promise<void>[] = []
  if (stdout) outputs.push(pumpToChannel(stdout, webSocket, channel.stdout))
  if (stderr) outputs.push(pumpToChannel(stderr, webSocket, channel.stderr))
  await Promise.all(outputs)
  const over = new AbortController()
  if (outputs.length > 0) void endWhenStuck(clock, spdy, error, over.signal)
  await ended
  over.abort()
  webSocket.close(1000)
  spdy.close()
}

/**
 * A runtime may hang on input that a command left unread when it ended (containerd 1.6 does): it reads nothing more and
 * never says how the command ended.
 */
async function endWhenStuck(clock: Clock, spdy: SpdyConnection, error: Duplex, over: AbortSignal): Promise<void> {
  while (!over.aborted && !error.destroyed) {
    let isReading = false
    void spdy.ping().then(() => {
      isReading = true
    })
    await clock.sleep(limits.commandEndTimeoutMs, over).catch(() => undefined)
    if (!isReading && !over.aborted) error.destroy(new Error('the runtime reads nothing'))
  }
}

/** The first version of the protocol says nothing of a command that succeeded, and only the message of one that failed. */
const firstProtocol = 'channel.k8s.io'

/** A status is some hundred bytes; what follows more than this is dropped. Ours. */
const statusBytesMax = 64 * 1024

/**
 * What the runtime says of how the command ended. A runtime that goes away always ends its streams, as if all were well,
 * but a command that ended has a status.
 */
export function outcome(error: Readable, protocol: string): Readable {
  return Readable.from(lastWords(error, protocol))
}

async function* lastWords(error: Readable, protocol: string): AsyncGenerator<Buffer> {
  const status = (await statusFrom(error)) ?? unknownEnd
  if (protocol !== firstProtocol) yield Buffer.from(JSON.stringify(status))
  else if (status.status !== 'Success') yield Buffer.from(status.message ?? '')
}

async function statusFrom(error: Readable): Promise<Status | undefined> {
  let said = ''
  try {
    // The stream stays open for writing: to take that back would be written to a connection that is about to close.
    for await (const bytes of error.iterator({ destroyOnReturn: false }))
      if (said.length < statusBytesMax) said += String(bytes)
    return JSON.parse(said) as Status
  } catch {
    return undefined
  }
}

const unknownEnd: Status = {
  metadata: {},
  status: 'Failure',
  reason: 'InternalError',
  message: 'the container runtime did not say how the command ended',
  code: 500,
}

function receive(webSocket: WebSocket, inputs: Map<number, Duplex | undefined>, data: Buffer): void {
  const number = data[0] ?? 0
  if (number === channel.close) {
    inputs.get(data[1] ?? 0)?.end()
    return
  }
  const input = inputs.get(number)
  if (!input || data.length < 2 || input.writableEnded) return
  // No 'drain' comes once the input is ended or gone, but every write is answered.
  const isRoom = input.write(data.subarray(1), (error) => {
    if (error || !input.writableNeedDrain) webSocket.resume()
  })
  if (!isRoom) webSocket.pause()
}
