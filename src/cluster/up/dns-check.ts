/** Whether cluster DNS answers at its Service address, asked from this machine. */
import { encodeQuery, readAddresses } from '../../network/dns/exchange.ts'
import { types } from '../../network/dns/wire.ts'
import type { ClusterConfig } from '../config.ts'
import type { Machine } from '../machine.ts'

const waitMs = 300

export async function dnsAnswers({ net, clock, random }: Machine, config: ClusterConfig): Promise<true | undefined> {
  const name = `kubernetes.default.svc.${config.clusterDomain}`
  const id = random.int(65_536)
  const query = encodeQuery(name, types.A)
  query.set([id >> 8, id & 0xff])
  const answered = Promise.withResolvers<boolean>()
  const socket = await net.bindUdp({ host: '0.0.0.0', port: 0 }, (bytes) => {
    const isReply = bytes[0] === id >> 8 && bytes[1] === (id & 0xff)
    if (isReply) answered.resolve(readAddresses(bytes).length > 0)
  })
  const cancel = clock.after(waitMs, () => answered.resolve(false))
  try {
    socket.send(query, { host: config.dnsServiceIp, port: 53 })
    return (await answered.promise) || undefined
  } finally {
    cancel()
    await socket.close()
  }
}
