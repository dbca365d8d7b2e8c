/** The server's side of an upgrade to SPDY, as Kubernetes' streaming clients ask for it. */
import type { Duplex } from 'node:stream'
import { badRequest } from '../../api/errors.ts'

/** Answers the handshake; returns the connection. Throws a 400 when the protocol was not offered. */
export function acceptSpdy(
  headers: Readonly<Record<string, string>>,
  socket: Duplex,
  head: Uint8Array,
  protocol: string,
): Duplex {
  const offered = (headers['x-stream-protocol-version'] ?? '').split(',').map((each) => each.trim())
  if (!offered.includes(protocol)) throw badRequest(`unable to upgrade: ${protocol} was not offered`)
  const lines = ['Connection: Upgrade', 'Upgrade: SPDY/3.1', `X-Stream-Protocol-Version: ${protocol}`]
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
  if (head.length > 0) socket.unshift(Buffer.from(head))
  return socket
}
