/** The machine's sockets: each kind has its file, this one puts them behind the one door. */
import { networkInterfaces } from 'node:os'
import type { Net } from '../net.ts'
import { httpClient } from './http-client.ts'
import { serveHttp, serveHttps } from './http-server.ts'
import { bindUdp, connectTcp, connectUnix, serveTcp } from './sockets.ts'

export function realNet(): Net {
  const client = httpClient()
  return {
    serveHttps,
    serveHttp,
    request: client.request,
    upgrade: client.upgrade,
    connectTcp,
    connectUnix,
    serveTcp,
    bindUdp,
    interfaces,
  }
}

function interfaces(): ReturnType<Net['interfaces']> {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, family, internal }) => ({ name, address, family, internal })),
  )
}
