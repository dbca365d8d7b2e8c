/** The HTTP/2 connection below a gRPC channel. It has no pace of its own for connecting: callers retry at theirs. */
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { limits } from '../../limits.ts'
import type { GrpcTarget } from '../grpc.ts'
import { tlsOptions } from './tls-options.ts'

/** What a server may send before we acknowledge it. */
const windowBytes = 1024 * 1024
const keepAliveDelayMs = 30_000

export class GrpcConnection {
  /** The `:authority` of requests. A Unix path is no host name; servers refuse it. */
  readonly authority: string
  readonly #target: GrpcTarget
  #session: ClientHttp2Session | undefined

  constructor(target: GrpcTarget) {
    this.#target = target
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
      if (!session.destroyed) session.setLocalWindowSize(windowBytes)
    })
    return session
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
    const { target, tls } = this.#target
    const settings = { enablePush: false, initialWindowSize: windowBytes }
    const common = { settings, maxSessionMemory: 2 * Math.ceil(limits.grpcMessageBytesMax / 1e6) }
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
