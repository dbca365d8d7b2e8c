/** The client certificate of the connection, read once per connection. */
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { HttpRequest } from '../../platform/net.ts'
import type { PeerCertificate } from '../request.ts'

const known = new WeakMap<Duplex, PeerCertificate | 'none'>()

export function peerCertificateOf(request: HttpRequest): PeerCertificate | undefined {
  // An HTTP/2 request's `socket` is a proxy of the session's; the session itself has the real one.
  const socket = ('stream' in request ? request.stream.session?.socket : request.socket) as TLSSocket | undefined
  if (!socket) return undefined
  let certificate = known.get(socket)
  if (!certificate) {
    certificate = read(socket)
    known.set(socket, certificate)
  }
  return certificate === 'none' ? undefined : certificate
}

function read(socket: TLSSocket): PeerCertificate | 'none' {
  if (typeof socket.getPeerCertificate !== 'function') return 'none'
  const certificate = socket.getPeerCertificate()
  return certificate?.raw ? { der: certificate.raw, verified: socket.authorized } : 'none'
}
