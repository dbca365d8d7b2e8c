/** The HTTP/2 connection below a gRPC channel. It has no pace of its own for connecting: callers retry at theirs. */
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { limits } from '../../limits.ts'
import type { GrpcTarget } from '../grpc.ts'
import { tlsOptions } from './tls-options.ts'

/** What a server may send before we acknowledge it. */
const windowBytes = 1024 * 1024
const keepAliveDelayMs = 30_000

const connected = new WeakSet<ClientHttp2Session>()

/** Whether the session ever reached its server. */
export function hasConnected(session: ClientHttp2Session): boolean {
  return connected.has(session)
}

export class GrpcConnection {
  /** The `:authority` of requests. A Unix path is no host name; servers refuse it. */
  readonly authority: string
  readonly #target: GrpcTarget
  readonly #busy: () => boolean
  #session: ClientHttp2Session | undefined

  /** `busy`: whether calls are under way; servers want no pings otherwise. */
  constructor(target: GrpcTarget, busy: () => boolean) {
    this.#target = target
    this.#busy = busy
    this.authority = target.target.startsWith('unix:') ? 'localhost' : target.target
  }

  /** Calls may be made on it at once: they wait for the connection, and fail with it. */
  session(): ClientHttp2Session {
    const present = this.#session
    if (present && !present.closed && !present.destroyed) return present
    const session = this.#connect()
    this.#session = session
    // Told by every call on the session.
    session.on('error', () => {})
    // The server is about to leave: what is under way ends there, what is new goes elsewhere.
    session.on('goaway', () => this.#leave(session))
    session.once('connect', () => {
      connected.add(session)
      if (!session.destroyed) session.setLocalWindowSize(windowBytes)
    })
    this.#watchOver(session)
    return session
  }

  /** Ends a session that does not come up, or whose server falls silent. */
  #watchOver(session: ClientHttp2Session): void {
    const { connectTimeoutMs, keepAlive } = this.#target
    if (connectTimeoutMs !== undefined) {
      const late = (): void => session.destroy(new Error(`no connection after ${connectTimeoutMs} ms`))
      const timer = setTimeout(late, connectTimeoutMs)
      session.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer))
    }
    if (keepAlive) {
      const { everyMs, timeoutMs } = keepAlive
      const pinging = setInterval(() => this.#ping(session, timeoutMs), everyMs).unref()
      session.once('close', () => clearInterval(pinging))
    }
  }

  #ping(session: ClientHttp2Session, timeoutMs: number): void {
    if (!this.#busy() || !hasConnected(session) || session.destroyed) return
    const late = (): void => session.destroy(new Error(`no answer to a ping after ${timeoutMs} ms`))
    const timer = setTimeout(late, timeoutMs).unref()
    session.ping(() => clearTimeout(timer))
  }

  close(): void {
    const session = this.#session
    this.#session = undefined
    session?.destroy()
  }

  #leave(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined
    session.close()
  }

  #connect(): ClientHttp2Session {
    const { target, tls, messageBytesMax = limits.grpcMessageBytesMax } = this.#target
    const settings = { enablePush: false, initialWindowSize: windowBytes }
    const common = { settings, maxSessionMemory: 2 * Math.ceil(messageBytesMax / 1e6) }
    if (target.startsWith('unix:')) {
      const path = target.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
      return connect('http://localhost', { ...common, createConnection: () => connectSocket(path) })
    }
    const scheme = tls ? 'https' : 'http'
    const secure: SecureClientSessionOptions = tls ? { ...tlsOptions(tls), ALPNProtocols: ['h2'] } : {}
    const session = connect(`${scheme}://${target}`, { ...common, ...secure })
    session.once('connect', (_session, socket) => socket.setKeepAlive(true, keepAliveDelayMs))
    return session
  }
}
