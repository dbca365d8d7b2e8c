/** Whether cluster DNS answers at its Service address, asked from this machine. */
import { decode, encode } from 'dns-packet'
import type { ClusterConfig } from '../config.ts'
import type { Machine } from '../machine.ts'

const waitMs = 300

export async function dnsAnswers({ net, clock, random }: Machine, config: ClusterConfig): Promise<true | undefined> {
  const name = `kubernetes.default.svc.${config.clusterDomain}`
  const id = random.int(65_536)
  const query = encode({ type: 'query', id, flags: 256, questions: [{ type: 'A', name }] })
  const answered = Promise.withResolvers<boolean>()
  const socket = await net.bindUdp({ host: '0.0.0.0', port: 0 }, (bytes) => {
    try {
      const reply = decode(Buffer.from(bytes))
      if (reply.id === id) answered.resolve((reply.answers ?? []).length > 0)
    } catch {
      answered.resolve(false)
    }
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
