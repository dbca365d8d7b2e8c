/** A client's TLS settings as Node's own options. */
import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import type { ClientTls } from '../net.ts'

export function tlsOptions(tls: ClientTls = {}): ConnectionOptions {
  const { caPem, identity, serverName, insecureSkipVerify = false } = tls
  const options: ConnectionOptions = { rejectUnauthorized: !insecureSkipVerify, minVersion: 'TLSv1.2' }
  if (caPem !== undefined) options.ca = caPem
  if (identity) Object.assign(options, { cert: identity.certificatePem, key: identity.keyPem })
  if (serverName !== undefined) {
    if (isIP(serverName) === 0) options.servername = serverName
    options.checkServerIdentity = (_host, certificate) => checkServerIdentity(serverName, certificate)
  }
  return options
}
