/**
 * Tells the hosts of a network that an address has come to this node, so that they need not wait until what they know of
 * it runs out. Whoever asks for a neighbour says in the question who asks, and all hosts that know the asker take note: a
 * datagram from the address to neighbours that nobody knows makes the kernel ask three times, a second apart.
 *
 * IPv4 alone: IPv6 asks no more than the one it looks for. There, hosts find out within seconds by themselves.
 * Source: RFC 826, "Packet Reception"; RFC 4861, 7.3 for IPv6.
 */
import { isIPv4 } from 'node:net'
import { addressNumber, addressText, containsCidr } from '../../api/addresses.ts'
import type { Net } from '../../platform/net.ts'
import type { Announced, OwnAddress } from './kernel.ts'

/** Several, since the kernel does not ask for a neighbour that it knows. */
const questions = 4
/** Nobody listens there (RFC 863). */
const discardPort = 9

export async function tellMoved(
  net: Pick<Net, 'bindUdp'>,
  announced: readonly Announced[],
  own: readonly OwnAddress[],
): Promise<void> {
  for (const { address } of announced.filter((one) => isIPv4(one.address))) {
    const subnet = own.find(({ cidr }) => containsCidr(cidr, address))
    if (!subnet) continue
    const socket = await net.bindUdp({ host: address, port: 0 }, () => {})
    for (const host of neighbours(address, subnet.cidr)) socket.send(Buffer.alloc(1), { host, port: discardPort })
    await socket.close()
  }
}

/** The next addresses of the subnet, from its start again after its end; neither network, broadcast nor the node's own. */
export function neighbours(address: string, cidr: string): string[] {
  const [own = '', bits = '32'] = cidr.split('/')
  const size = 1n << BigInt(32 - Number(bits))
  const first = (addressNumber(own) / size) * size
  const found: string[] = []
  for (let step = 1n; step < size && found.length < questions; step++) {
    const offset = (addressNumber(address) - first + step) % size
    const host = addressText(first + offset, false)
    if (offset !== 0n && offset !== size - 1n && host !== own) found.push(host)
  }
  return found
}
