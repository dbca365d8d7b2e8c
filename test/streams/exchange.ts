/**
 * One `kubectl exec` in process: client, API server's proxy, node agent and runtime, joined by rough pipes. The client
 * speaks WebSocket in any of its versions, or SPDY.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Node, Pod } from '../../src/api/types/core/v1.ts'
import { nodeProxy } from '../../src/apiserver/node-proxy/proxy.ts'
import type { ProxyCall } from '../../src/apiserver/node-proxy.ts'
import { streamCommand, streamPorts } from '../../src/kubelet/streaming/remote-command.ts'
import { SpdyConnection } from '../../src/kubelet/streaming/spdy.ts'
import { portForwardTunnel, webSocketStream } from '../../src/kubelet/streaming/websocket.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { HttpRequestOptions, Net, UpgradedReply } from '../../src/platform/net.ts'
import { roughPair, type Traffic, takeHead } from './rough-pipe.ts'

export type Protocol = 'v5.channel.k8s.io' | 'v4.channel.k8s.io' | 'channel.k8s.io' | 'SPDY'

/** The connections of an exchange, as its parts see them. */
export interface Route {
  traffic: Traffic
  clock: Clock
  /** The runtime's end of the connection from the node agent. */
  runtime(socket: Duplex): void
}

const pod: Pod = {
  metadata: { name: 'p', namespace: 'default' },
  spec: { nodeName: 'n', containers: [{ name: 'c' }] },
  status: { phase: 'Running' },
}
const node: Node = { metadata: { name: 'n' }, status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } }

/** The client's end, after the handshake; `words` is the query. */
export async function connected(
  route: Route,
  subresource: 'exec' | 'portforward',
  query: string,
  headers: Record<string, string>,
): Promise<Duplex> {
  const [client, server] = roughPair(route.traffic)
  const { random } = route.traffic
  const proxy = nodeProxy({ net: netOf((options) => toAgent(route, options)), random, kubeletTls: {} })
  const call = {
    ...{ resource: 'pods', subresource, namespace: 'default', name: 'p', object: pod, path: '' },
    request: {
      ...{ method: 'GET', path: `/${subresource}`, query: new URLSearchParams(query), headers, remoteAddress: '' },
      ...{ body: new Uint8Array(), signal: new AbortController().signal },
    },
    user: { name: 'u', groups: [], extra: {} },
    objects: { get: async () => node },
  } as unknown as ProxyCall
  // As the API server's front does with what fails.
  proxy.upgrade(call, server, new Uint8Array()).catch((error: Error) => {
    server.end(`HTTP/1.1 500 ${error.message}\r\n\r\n`, () => server.destroy())
  })
  const head = await takeHead(client)
  if (head.startsWith('HTTP/1.1 101 ')) return client
  client.destroy()
  throw new Error(head)
}

function netOf(upgrade: (options: HttpRequestOptions) => Promise<UpgradedReply>): Net {
  return { upgrade } as unknown as Net
}

async function toAgent(route: Route, { url, method, headers = {} }: HttpRequestOptions): Promise<UpgradedReply> {
  const [near, far] = roughPair(route.traffic)
  const { pathname, searchParams } = new URL(url)
  const upgrade = {
    request: { method, url, headers } as unknown as IncomingMessage,
    socket: far,
    head: new Uint8Array(),
  }
  const toRuntime = netOf(async () => {
    const [ours, theirs] = roughPair(route.traffic)
    route.runtime(theirs)
    return { status: 101, headers: {}, socket: ours, body: new Uint8Array() }
  })
  const is = (name: string) => searchParams.get(name) === '1'
  const streams = { stdin: is('input'), stdout: is('output'), stderr: is('error'), tty: is('tty') }
  const work = pathname.startsWith('/exec/')
    ? streamCommand({ net: toRuntime, clock: route.clock }, 'http://runtime/exec', upgrade, streams)
    : streamPorts(toRuntime, 'http://runtime/portforward', upgrade)
  // As the agent's server does with what fails.
  work.catch(() => far.destroy())
  const [, ...lines] = (await takeHead(near)).split('\r\n')
  const answered = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ') as [string, string]))
  return { status: 101, headers: answered, socket: near, body: new Uint8Array() }
}

export interface Heard {
  stdout: string
  stderr: string
  status: string
  /** Of the WebSocket. */
  closeCode: number
}

export interface Said {
  protocol: Protocol
  stdin: string | undefined
  tty: boolean
  /** Stops reading now and then, for up to so many turns. */
  pauseTurns: number
}

/** Runs a command as a client does; resolves when the connection has ended. */
export async function exec(route: Route, said: Said): Promise<Heard> {
  const query = `command=c&stdout=1${said.tty ? '&tty=1' : '&stderr=1'}${said.stdin === undefined ? '' : '&stdin=1'}`
  const headers: Record<string, string> =
    said.protocol === 'SPDY'
      ? { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }
      : webSocketHeaders(said.protocol)
  const socket = await connected(route, 'exec', query, headers)
  return said.protocol === 'SPDY' ? overSpdy(socket, said) : overWebSocket(route, socket, said)
}

export function webSocketHeaders(protocol: string): Record<string, string> {
  return {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': 'azh0cy10ZXN0aW5nLWtleQ==', 'sec-websocket-protocol': protocol },
  }
}

async function overSpdy(socket: Duplex, { stdin, tty }: Said): Promise<Heard> {
  const spdy = new SpdyConnection(socket)
  socket.resume()
  const names = ['error', 'stdout', ...(tty ? ['resize'] : ['stderr']), ...(stdin === undefined ? [] : ['stdin'])]
  const streams = Object.fromEntries(names.map((streamtype) => [streamtype, spdy.open({ streamtype })]))
  const [status = '', stdout = '', stderr = ''] = ['error', 'stdout', 'stderr'].map(
    (name) => streams[name] && everything(streams[name]),
  )
  streams.stdin?.end(stdin)
  const heard = { stdout: await stdout, stderr: await stderr, status: await status, closeCode: 0 }
  spdy.close()
  return heard
}

/** Unlike `text`, leaves the side open that is written to. */
export function everything(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
  return new Promise((resolve) =>
    stream
      .once('end', () => resolve(Buffer.concat(chunks).toString()))
      .once('close', () => resolve(Buffer.concat(chunks).toString())),
  )
}

async function overWebSocket(route: Route, socket: Duplex, { protocol, stdin, tty, pauseTurns }: Said): Promise<Heard> {
  const webSocket = clientWebSocket(socket)
  const { random } = route.traffic
  const heard: Record<number, Buffer[]> = {}
  webSocket.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0
    heard[channel] = [...(heard[channel] ?? []), data.subarray(1)]
    if (pauseTurns > 0 && random.int(3) === 0) {
      webSocket.pause()
      const until = 1 + random.int(pauseTurns)
      let turns = 0
      const wait = (): unknown => (++turns < until ? setImmediate(wait) : webSocket.resume())
      setImmediate(wait)
    }
  })
  const closed = new Promise<number>((resolve) => webSocket.once('close', resolve))
  webSocket.on('error', () => undefined)
  if (tty) webSocket.send(Buffer.from('\u0004{"Width":80,"Height":24}'))
  if (stdin !== undefined) {
    for (let start = 0; start < stdin.length; start += 32_000)
      webSocket.send(Buffer.concat([Buffer.from([0]), Buffer.from(stdin.slice(start, start + 32_000))]))
    if (protocol === 'v5.channel.k8s.io') webSocket.send(Buffer.from([255, 0]))
  }
  const closeCode = await closed
  const of = (channel: number): string => Buffer.concat(heard[channel] ?? []).toString()
  return { stdout: of(1), stderr: of(2), status: of(3), closeCode }
}

/** Forwards connections side by side; each sends its text, ends, and gives what came back. */
export async function forward(route: Route, overSpdyAlone: boolean, texts: readonly string[]): Promise<string[]> {
  const headers = overSpdyAlone
    ? { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' }
    : webSocketHeaders(portForwardTunnel)
  const socket = await connected(route, 'portforward', 'ports=80', headers)
  const carrier = overSpdyAlone ? socket : webSocketStream(clientWebSocket(socket))
  const spdy = new SpdyConnection(carrier)
  carrier.resume()
  const answers = texts.map((text, index) => {
    const requestid = String(index)
    spdy.open({ streamtype: 'error', port: '80', requestid }).resume().end()
    const data = spdy.open({ streamtype: 'data', port: '80', requestid })
    data.end(text)
    return everything(data)
  })
  const heard = await Promise.all(answers)
  spdy.close()
  return heard
}

/** `ws` as a client on a connection that has its handshake behind it. */
export function clientWebSocket(socket: Duplex): WebSocket {
  const webSocket = new WebSocket(null as unknown as string, undefined as unknown as string, {})
  const attach = webSocket as unknown as {
    _isServer: boolean
    setSocket(socket: Duplex, head: Buffer, options: object): void
  }
  attach._isServer = false
  attach.setSocket(socket, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false })
  socket.resume()
  return webSocket
}
