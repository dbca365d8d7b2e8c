/**
 * Sockets as a dependency: HTTP and TLS servers, HTTP requests, raw TCP and UDP, gRPC channels. The node's standard
 * stream types appear here because every library speaks them; no other room opens a socket by itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'

export interface TlsIdentity {
  certificatePem: string
  keyPem: string
}

export interface HttpsServerOptions {
  host: string
  /** 0 picks a free port. */
  port: number
  identity: TlsIdentity
  /** For clients that say by which name they came. Exact names before wildcards, then the first that fits. */
  named?: readonly NamedIdentity[]
  /** Bundle that client certificates are verified against; they are requested, never required. */
  clientCaPem?: string
  /** Default: as `limits` has it. */
  patience?: Partial<ServerPatience>
  tls?: TlsLimits
  /** Called when a client speaks no TLS, or none that both know. */
  handshakeFailed?(): void
}

/** Shown to those who come by one of these names. */
export interface NamedIdentity {
  identity: TlsIdentity
  /** DNS names, `*.` in front stands for one label. */
  names: readonly string[]
}

/** What a server lets clients choose. */
export interface TlsLimits {
  /** Default: TLS 1.2. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** By OpenSSL's names, with a colon between two. Default: Node's own. */
  ciphers?: string
}

/** How long a server waits for slow clients, in milliseconds. */
export interface ServerPatience {
  /** Until a connection's TLS handshake is done. */
  handshakeMs: number
  /** Until a request's headers are there. */
  headersMs: number
  /** Until a request is there with its body. */
  requestMs: number
  /** Until a client takes something of what waits for it. */
  stallMs: number
}

export type HttpRequest = IncomingMessage | Http2ServerRequest
export type HttpResponse = ServerResponse | Http2ServerResponse

export interface HttpHandlers {
  request(request: HttpRequest, response: HttpResponse): void
  /** HTTP/1.1 `Connection: Upgrade` (WebSocket, SPDY). The handler owns the socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void
}

export interface Listening {
  port: number
  /** Presents a renewed certificate to new connections. */
  setIdentity(identity: TlsIdentity): void
  /** Stops accepting, ends idle connections, and resolves when the last one closed or `graceMs` passed. */
  close(graceMs: number): Promise<void>
}

export interface ClientTls {
  caPem?: string
  identity?: TlsIdentity
  /** Name to verify when it differs from the host. */
  serverName?: string
  insecureSkipVerify?: boolean
}

export interface HttpRequestOptions {
  method: string
  url: string
  /** Several values are sent as several headers. */
  headers?: Record<string, string | readonly string[]>
  body?: Uint8Array | string
  tls?: ClientTls
  signal?: AbortSignal
  /** Time until response headers. Default 30,000. */
  timeoutMs?: number
  /** A unix socket to go to instead of the URL's host. For `http:` alone. */
  socketPath?: string
  /**
   * `shared`: waits for one of few connections to the server rather than opening another; for requests that end soon.
   * Default `own`: never waits.
   */
  connection?: 'shared' | 'own'
  /**
   * May be sent again where a pooled connection turns out to be closed, whatever its method. Default: only what by its
   * method changes nothing.
   */
  isRepeatable?: boolean
  /**
   * Asked about the very address that the connection would go to, after its name was resolved: no second answer of a name
   * server counts. Refused when it says no, with `AddressRefusedError`. Default: all are fine.
   */
  allowAddress?: (address: string) => boolean
}

/** `HttpRequestOptions.allowAddress` said no. */
export class AddressRefusedError extends Error {
  override name = 'AddressRefusedError'
  constructor() {
    super('address not allowed')
  }
}

export interface HttpReply {
  status: number
  /** Several values of one are joined by `, `. */
  headers: Record<string, string>
  /** Those of `set-cookie`, which cannot be joined. */
  cookies?: readonly string[]
  body: AsyncIterable<Uint8Array>
}

export interface UpgradedReply {
  status: number
  headers: Record<string, string>
  /** Set when the server switched protocols (101). */
  socket?: Duplex
  /** The refusal's body otherwise. */
  body: Uint8Array
}

export interface TcpServer {
  port: number
  close(): Promise<void>
}

export interface UdpSocket {
  port: number
  send(bytes: Uint8Array, address: { host: string; port: number }): void
  close(): Promise<void>
}

export interface Net {
  serveHttps(options: HttpsServerOptions, handlers: HttpHandlers): Promise<Listening>
  /** Plain HTTP, for health endpoints on loopback. */
  serveHttp(options: { host: string; port: number }, handlers: HttpHandlers): Promise<Listening>
  /** Connections are pooled and reused. Redirects are never followed. */
  request(options: HttpRequestOptions): Promise<HttpReply>
  /** HTTP/1.1 with `Connection: Upgrade`. */
  upgrade(options: HttpRequestOptions): Promise<UpgradedReply>
  connectTcp(options: { host: string; port: number; timeoutMs: number; signal?: AbortSignal }): Promise<Duplex>
  connectUnix(path: string): Promise<Duplex>
  serveTcp(options: { host: string; port: number }, onConnection: (socket: Duplex) => void): Promise<TcpServer>
  bindUdp(
    options: { host: string; port: number },
    onMessage: (bytes: Uint8Array, from: { host: string; port: number }) => void,
  ): Promise<UdpSocket>
  /** Addresses of this machine's interfaces. */
  interfaces(): { name: string; address: string; family: 'IPv4' | 'IPv6'; internal: boolean }[]
}
