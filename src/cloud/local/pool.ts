/** Which addresses load balancers may have: ranges, and the next free one of them. Pure. */
import { isIPv4, isIPv6 } from 'node:net'
import { addressNumber, addressText } from '../../api/addresses.ts'

/** `203.0.113.0/28` (its first and last left out where there are more than two), `2001:db8::10-2001:db8::1f`, or one address. */
export interface AddressRange {
  family: 'IPv4' | 'IPv6'
  first: bigint
  last: bigint
}

/** Clouds have their own; on one's own machines these lead nowhere else. See docs/how-to/cloud-provider.md. */
export const defaultPool = '10.97.0.0/24'

/** Comma-separated ranges. Throws with what is wrong. */
export function parsePool(text: string): AddressRange[] {
  return text.split(',').map((part) => parseRange(part.trim()))
}

function parseRange(text: string): AddressRange {
  const [from = '', to] = text.split('-')
  const [address = '', bits] = from.split('/')
  const family = isIPv4(address) ? 'IPv4' : isIPv6(address) ? 'IPv6' : undefined
  if (!family) throw new Error(`load balancer pool: not an address, a CIDR or a range: ${JSON.stringify(text)}`)
  if (to !== undefined) {
    const fits = bits === undefined && (family === 'IPv4' ? isIPv4(to) : isIPv6(to))
    if (!fits || addressNumber(address) > addressNumber(to))
      throw new Error(`load balancer pool: a range has a first and a last address: ${JSON.stringify(text)}`)
    return { family, first: addressNumber(address), last: addressNumber(to) }
  }
  const all = family === 'IPv4' ? 32 : 128
  const length = bits === undefined ? all : Number(bits)
  if (!/^\d*$/.test(bits ?? '') || bits === '' || length > all)
    throw new Error(`load balancer pool: a prefix is 0 to ${all} bits long: ${JSON.stringify(text)}`)
  const free = BigInt(all - length)
  const first = (addressNumber(address) >> free) << free
  const last = first + (1n << free) - 1n
  return free > 1n ? { family, first: first + 1n, last: last - 1n } : { family, first, last }
}

export function holds(pool: readonly AddressRange[], address: string): boolean {
  const value = addressNumber(address)
  return pool.some(({ family, first, last }) => family === familyOf(address) && first <= value && value <= last)
}

/** Whether an address of the pool lies in the subnet, `192.0.2.1/24`. */
export function reaches(pool: readonly AddressRange[], subnet: string): boolean {
  const [address = '', bits = ''] = subnet.split('/')
  const [range] = parsePool(`${address}/${bits}`)
  return (
    range !== undefined &&
    pool.some((one) => one.family === range.family && one.first <= range.last && range.first <= one.last)
  )
}

/** The lowest address that is not taken; undefined when all are. */
export function nextFree(
  pool: readonly AddressRange[],
  family: AddressRange['family'],
  isTaken: (address: string) => boolean,
): string | undefined {
  for (const range of pool) {
    if (range.family !== family) continue
    for (let value = range.first; value <= range.last; value++) {
      const address = addressText(value, family === 'IPv6')
      if (!isTaken(address)) return address
    }
  }
  return undefined
}

export function familyOf(address: string): AddressRange['family'] {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}
