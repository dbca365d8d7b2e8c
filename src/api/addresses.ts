/** IP addresses as numbers, for ranges, and as texts. Takes valid addresses only. Pure. */

export function addressNumber(address: string): bigint {
  if (!address.includes(':')) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

/** IPv6 as RFC 5952 writes it. */
export function addressText(value: bigint, isV6: boolean): string {
  if (!isV6) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  return shortened(groups)
}

/** Of a name or an address, as URLs have it. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`. */
function shortened(groups: readonly string[]): string {
  let best = { start: -1, length: 1 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.start < 0) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** Whether the first CIDR holds all of the second (an address is one with all its bits). */
export function containsCidr(outer: string, inner: string): boolean {
  const [outside, inside] = [prefixOf(outer), prefixOf(inner)]
  if (outside.all !== inside.all || outside.bits > inside.bits) return false
  const free = BigInt(outside.all - outside.bits)
  return outside.first >> free === inside.first >> free
}

function prefixOf(cidr: string): { first: bigint; bits: number; all: number } {
  const [address = '', bits] = cidr.split('/')
  const all = address.includes(':') ? 128 : 32
  return { first: addressNumber(address), bits: bits === undefined ? all : Number(bits), all }
}
