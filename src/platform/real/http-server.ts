/**
 * HTTPS with HTTP/2 and HTTP/1.1 on one port, chosen by ALPN as client-go expects, and plain HTTP for health endpoints.
 * Client certificates are asked for and never required: the authenticator reads them from `request.socket`
 * (`authorized`, `getPeerCertificate`).
 */
import type { IncomingMessage, Server } from 'node:http'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { limits } from '../../limits.ts'
import type { HttpHandlers, HttpsServerOptions, Listening, ServerPatience, TlsIdentity } from '../net.ts'
import { nodeHttp } from './node-http.ts'
import { endStalled, limitRequestTime } from './server-patience.ts'

/** What a stream may send before the server acknowledges it. Source: kube-apiserver's 256 KiB. */
const streamWindowBytes = 256 * 1024

export async function serveHttps(options: HttpsServerOptions, handlers: HttpHandlers): Promise<Listening> {
  const tls = (identity: TlsIdentity) => ({
    cert: identity.certificatePem,
    key: identity.keyPem,
    minVersion: options.tls?.minVersion ?? ('TLSv1.2' as const),
    ...(options.tls?.ciphers === undefined ? {} : { ciphers: options.tls.ciphers }),
    ...(options.clientCaPem === undefined ? {} : { ca: options.clientCaPem }),
  })
  const patience = patienceOf(options.patience)
  const server = createSecureServer({
    ...tls(options.identity),
    handshakeTimeout: patience.handshakeMs,
    allowHTTP1: true,
    requestCert: options.clientCaPem !== undefined,
    rejectUnauthorized: false,
    settings: {
      maxConcurrentStreams: limits.http2StreamsMax,
      initialWindowSize: streamWindowBytes,
      maxHeaderListSize: limits.requestHeaderBytesMax,
    },
    streamResetBurst: limits.http2ResetsMax,
    streamResetRate: limits.http2ResetsPerSecond,
    ...http1Options(patience),
  })
  for (const [name, identity] of weakestFirst(options.named ?? [])) server.addContext(name, tls(identity))
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    closeWhenIdle(session)
    limitRequestTime(session, patience)
    session.on('error', () => session.destroy())
    session.once('close', () => sessions.delete(session))
  })
  // A client that speaks no TLS or breaks off the handshake concerns nobody else.
  server.on('tlsClientError', (_error, socket) => {
    options.handshakeFailed?.()
    socket.destroy()
  })
  endStalled(server, patience)
  const listening = await listen(server, options, handlers)
  return {
    port: listening.port,
    setIdentity: (identity) => server.setSecureContext(tls(identity)),
    close: (graceMs) => {
      for (const session of sessions) session.close()
      return listening.close(graceMs)
    },
  }
}

/** In the order in which Node wants them: the last that fits counts. */
function weakestFirst(named: NonNullable<HttpsServerOptions['named']>): [name: string, identity: TlsIdentity][] {
  const pairs = named.flatMap(({ identity, names }) => names.map((name): [string, TlsIdentity] => [name, identity]))
  const isWildcard = ([name]: [string, TlsIdentity]) => name.startsWith('*')
  pairs.reverse()
  return [...pairs.filter(isWildcard), ...pairs.filter((pair) => !isWildcard(pair))]
}

export async function serveHttp(options: { host: string; port: number }, handlers: HttpHandlers): Promise<Listening> {
  const server = nodeHttp.createServer(http1Options(patienceOf()))
  endStalled(server, patienceOf())
  const listening = await listen(server, options, handlers)
  return { ...listening, setIdentity: () => {} }
}

function patienceOf(given: Partial<ServerPatience> = {}): ServerPatience {
  return {
    handshakeMs: limits.tlsHandshakeTimeoutMs,
    headersMs: limits.requestHeaderTimeoutMs,
    requestMs: limits.requestReadTimeoutMs,
    stallMs: limits.responseStallMs,
    ...given,
  }
}

function http1Options({ headersMs, requestMs }: ServerPatience) {
  return {
    maxHeaderSize: limits.requestHeaderBytesMax,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: headersMs / 4,
    keepAliveTimeout: limits.connectionIdleMs,
    noDelay: true,
    optimizeEmptyRequests: true,
  }
}

/** A watch can be silent for longer than the idle limit: only a session without streams is idle. */
function closeWhenIdle(session: ServerHttp2Session): void {
  let streams = 0
  session.on('stream', (stream) => {
    streams++
    stream.once('close', () => streams--)
  })
  session.setTimeout(limits.connectionIdleMs, () => {
    if (streams === 0) session.close()
  })
}

async function listen(
  server: Server | Http2SecureServer,
  { host, port }: { host: string; port: number },
  handlers: HttpHandlers,
): Promise<{ port: number; close(graceMs: number): Promise<void> }> {
  server.maxConnections = limits.serverConnectionsMax
  const sockets = new Set<Duplex>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', handlers.request)
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    handlers.upgrade(request, socket, head)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) => close(server, sockets, graceMs),
  }
}

function close(server: Server | Http2SecureServer, sockets: Set<Duplex>, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
      resolve()
    }, graceMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}
