/**
 * The cluster's DNS server: its own names from informers, others from the node's resolvers, over UDP and TCP, with
 * health, readiness and metrics on HTTP.
 */
import type { Duplex } from 'node:stream'
import type { Informers } from '../../client/informer.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { HttpHandlers, Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import { encodeQuery, readAddresses } from './exchange.ts'
import { type Forwarder, forwarder } from './forward.ts'
import { Frames, framed } from './frames.ts'
import { informedNames } from './names.ts'
import * as wire from './wire.ts'
import { answerFromZone, type Names } from './zone.ts'

export interface DnsOptions {
  /** Started by the caller. */
  informers: Informers
  net: Net
  clock: Clock
  random: Random
  log: Logger
  /** `cluster.local` */
  clusterDomain: string
  /** Addresses of the resolvers for other names. */
  upstreams: readonly string[]
  upstreamPort?: number
  /** Address to listen on. Default all. */
  host?: string
  /** Default 53; 0 picks a free one, the same for UDP and TCP. */
  port?: number
  /** `/health`. Default 8080. */
  healthPort?: number
  /** `/ready`. Default 8181. */
  readyPort?: number
  /** `/metrics`. Default 9153. */
  metricsPort?: number
}

export interface RunningDns {
  port: number
  healthPort: number
  readyPort: number
  metricsPort: number
  /** Resolves when the cluster's names are known; until then they are answered with SERVFAIL. */
  ready: Promise<void>
  stop(): Promise<void>
}

const ttlSeconds = 30
const tcpIdleMs = 10_000
/** Beyond, new TCP connections are closed at once; clients come back over UDP. */
const tcpConnectionsMax = 256
const tcpMessageBytesMax = 65_535

/** Rejects when a port is taken. */
export async function startDns(options: DnsOptions): Promise<RunningDns> {
  const { informers, net, log, host = '0.0.0.0' } = options
  const names = informedNames(informers)
  const server = new Server(options, names)
  names.ready.then(
    () => server.setReady(),
    () => log.warn('ended before the names of the cluster were known'),
  )
  const { udp, tcp } = await listen(options, server)
  const http = async (port: number, path: string, answer: () => [number, string]): Promise<HttpListening> =>
    net.serveHttp({ host, port }, plainHandlers(path, answer))
  const health = await http(options.healthPort ?? 8080, '/health', () => [200, 'OK'])
  const ready = await http(options.readyPort ?? 8181, '/ready', () => (server.isReady ? [200, 'OK'] : [503, 'syncing']))
  const metrics = await http(options.metricsPort ?? 9153, '/metrics', () => [200, server.metrics()])
  server.forwarder.startLoopProbe()
  return {
    port: udp.port,
    healthPort: health.port,
    readyPort: ready.port,
    metricsPort: metrics.port,
    ready: names.ready,
    async stop() {
      await Promise.all([udp.close(), tcp.close(), ...[health, ready, metrics].map((each) => each.close(0))])
    },
  }
}

type HttpListening = Awaited<ReturnType<Net['serveHttp']>>

async function listen({ net, host = '0.0.0.0', port = 53 }: DnsOptions, server: Server) {
  const udp = await net.bindUdp({ host, port }, (bytes, from) => {
    void server.answer(bytes, 'udp').then((reply) => reply && udp.send(reply, from))
  })
  const tcp = await net.serveTcp({ host, port: udp.port }, (socket) => server.serve(socket))
  return { udp, tcp }
}

function plainHandlers(path: string, answer: () => [number, string]): HttpHandlers {
  return {
    request(request, response) {
      const [status, text] = request.url?.split('?')[0] === path ? answer() : [404, 'not found']
      response.statusCode = status
      response.setHeader('content-type', 'text/plain; charset=utf-8')
      response.end(`${text}\n`)
    },
    upgrade: (_request, socket) => void socket.destroy(),
  }
}

class Server {
  readonly forwarder: Forwarder
  isReady = false
  readonly #options: DnsOptions
  readonly #names: Names
  readonly #counts = new Map<string, number>()
  #connections = 0

  constructor(options: DnsOptions, names: Names) {
    this.#options = options
    this.#names = names
    this.forwarder = forwarder(options)
  }

  setReady(): void {
    this.isReady = true
  }

  /** Undefined for what deserves no answer. Never rejects. */
  async answer(message: Uint8Array, over: 'udp' | 'tcp'): Promise<Uint8Array | undefined> {
    try {
      const reply = await this.#answer(message, over)
      this.#count(over, reply[3]! & 15)
      return reply
    } catch (error) {
      if (!(error instanceof wire.FormatError)) {
        this.#options.log.error('a question could not be answered', { error: String(error) })
        return undefined
      }
      this.#count(over, wire.rcodes.FORMERR)
      return error.id === undefined ? undefined : wire.encodeFormatError(error.id)
    }
  }

  /** One TCP connection: any number of questions, answered in the order they are done. */
  serve(socket: Duplex): void {
    if (this.#connections >= tcpConnectionsMax) return void socket.destroy()
    this.#connections++
    const frames = new Frames()
    const idle = (): (() => void) => this.#options.clock.after(tcpIdleMs, () => socket.destroy())
    let cancel = idle()
    socket.on('close', () => {
      this.#connections--
      cancel()
    })
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
    socket.on('data', (chunk: Uint8Array) => {
      cancel()
      cancel = idle()
      for (const message of frames.push(chunk))
        void this.answer(message, 'tcp').then((reply) => reply && socket.writable && socket.write(framed(reply)))
    })
  }

  metrics(): string {
    const lines = ['# HELP k8ts_dns_answers_total Answers given.', '# TYPE k8ts_dns_answers_total counter']
    for (const [labels, count] of this.#counts) lines.push(`k8ts_dns_answers_total{${labels}} ${count}`)
    return lines.join('\n')
  }

  async #answer(message: Uint8Array, over: 'udp' | 'tcp'): Promise<Uint8Array> {
    const query = wire.parseQuery(message)
    const limitBytes = over === 'udp' ? wire.udpLimitBytes(query) : tcpMessageBytesMax
    const refuse = (rcode: wire.Rcode): Uint8Array =>
      wire.encodeReply(query, { rcode, authoritative: false, answers: [] }, limitBytes)
    if (query.opcode !== 0) return refuse('NOTIMP')
    if (this.forwarder.isLoop(query.name)) return refuse('REFUSED')
    const domain = this.#options.clusterDomain.toLowerCase()
    const reply = answerFromZone(query, this.#names, { domain, ttlSeconds })
    // Half a cache knows some names and denies others: nothing is denied before it is whole.
    if (reply && !this.isReady) return refuse('SERVFAIL')
    if (reply) return wire.encodeReply(query, await this.#complete(query, reply), limitBytes)
    const forwarded = await this.forwarder.forward(message, over)
    if (!forwarded) return refuse('SERVFAIL')
    return forwarded
  }

  /** Endpoints in random order, so that clients that take the first one spread; aliases followed if they stay inside. */
  async #complete(query: wire.Query, reply: wire.Reply): Promise<wire.Reply> {
    const alias = reply.answers[0]
    if (alias?.type === 'CNAME' && query.type !== wire.types.CNAME) {
      const target = { ...query, name: alias.target }
      const inside = answerFromZone(target, this.#names, {
        domain: this.#options.clusterDomain.toLowerCase(),
        ttlSeconds,
      })
      return inside
        ? { ...reply, answers: [alias, ...inside.answers] }
        : this.#followOutside(query, reply, alias.target)
    }
    return { ...reply, answers: shuffled(reply.answers, this.#options.random) }
  }

  /** An ExternalName points outside: its records are asked there and repeated, as stub resolvers ask only once. */
  async #followOutside(query: wire.Query, reply: wire.Reply, target: string): Promise<wire.Reply> {
    if (query.type !== wire.types.A && query.type !== wire.types.AAAA) return reply
    const answer = await this.forwarder.forward(encodeQuery(target, query.type), 'udp')
    return answer ? { ...reply, answers: [...reply.answers, ...readAddresses(answer)] } : reply
  }

  #count(over: string, rcode: number): void {
    const labels = `proto="${over}",rcode="${rcode}"`
    this.#counts.set(labels, (this.#counts.get(labels) ?? 0) + 1)
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list]
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.int(last + 1)
    ;[copy[last], copy[other]] = [copy[other]!, copy[last]!]
  }
  return copy
}
