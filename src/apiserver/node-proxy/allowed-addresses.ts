/**
 * Where the API server's proxies may go. Who may proxy could otherwise reach what only this machine reaches: its own
 * ports, the metadata service of its cloud (CVE-2020-8562). Pure.
 */
import { isIPv6 } from 'node:net'
import { addressNumber, containsCidr } from '../../api/addresses.ts'

/** Unspecified, loopback, link-local, multicast, broadcast: what is no unicast address of somebody else. */
const closed = [
  ...['0.0.0.0/32', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32'],
  ...['::/128', '::1/128', 'fe80::/10', 'ff00::/8'],
]

/** @param allowedCidrs ranges that are open all the same */
export function mayProxyTo(address: string, allowedCidrs: readonly string[] = []): boolean {
  const plain = embedded(address.replace(/%.*$/, ''))
  const within = (cidr: string) => containsCidr(cidr, plain)
  return allowedCidrs.some(within) || !closed.some(within)
}

/** The IPv4 address that an IPv6 one stands for: `::ffff:127.0.0.1` and the NAT64 form are the same place. */
function embedded(address: string): string {
  if (!isIPv6(address)) return address
  const groups = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  )
  const value = addressNumber(groups)
  const isMapped = value >> 32n === 0xffffn || value >> 32n === addressNumber('64:ff9b::') >> 32n
  if (!isMapped) return groups
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
}
