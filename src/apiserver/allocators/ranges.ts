/** Numbered places that are handed out: the addresses of a service CIDR, the node ports. Pure. */

export interface PlaceRange {
  size: number
  /** Of place `index`, 0 up to `size`. */
  at(index: number): string
  contains(value: string): boolean
  /** Places up to here are given only on request, so that fixed choices rarely meet chosen ones (KEP-3070, KEP-3668). */
  reserved: number
  /** As messages show it. */
  text: string
}

/** Addresses without the network's own and (IPv4) the broadcast address. Large IPv6 networks are used up to 2²⁰ addresses. */
export function addressRange(cidr: string): PlaceRange {
  const [base = '', lengthText = ''] = cidr.split('/')
  const isV6 = base.includes(':')
  const bits = (isV6 ? 128 : 32) - Number(lengthText)
  if (!Number.isInteger(bits) || bits < 0)
    throw new Error(`read a service CIDR: want address/length, got ${JSON.stringify(cidr)}`)
  const first = (addressNumber(base) >> BigInt(bits)) << BigInt(bits)
  const all = bits >= 20 ? 2 ** 20 : 2 ** bits
  const size = Math.max(all - (isV6 ? 1 : 2), 0)
  return {
    size,
    at: (index) => addressText(first + BigInt(index) + 1n, isV6),
    contains(value) {
      if (value.includes(':') !== isV6) return false
      const offset = addressNumber(value) - first
      return offset >= 1n && offset <= BigInt(size)
    },
    reserved: reservedPart(size, { least: 16, divisor: 16, most: 256 }),
    text: cidr,
  }
}

export function portRange(first: number, last: number): PlaceRange {
  const size = last - first + 1
  return {
    size,
    at: (index) => String(first + index),
    contains: (value) => Number(value) >= first && Number(value) <= last,
    reserved: reservedPart(size, { least: 16, divisor: 32, most: 128 }),
    text: `${first}-${last}`,
  }
}

/** A free place, above the reserved part while there is one; undefined when all are taken. `start` is any whole number. */
export function freePlace(range: PlaceRange, isTaken: (value: string) => boolean, start: number): string | undefined {
  const open = range.size - range.reserved
  return (
    scan(range, isTaken, { from: range.reserved, count: open, start }) ??
    scan(range, isTaken, { from: 0, count: range.reserved, start })
  )
}

function scan(
  range: PlaceRange,
  isTaken: (value: string) => boolean,
  { from, count, start }: { from: number; count: number; start: number },
): string | undefined {
  for (let step = 0; step < count; step++) {
    const value = range.at(from + ((start + step) % count))
    if (!isTaken(value)) return value
  }
  return undefined
}

/** Small ranges have no reserved part. */
function reservedPart(
  size: number,
  { least, divisor, most }: { least: number; divisor: number; most: number },
): number {
  return size <= least ? 0 : Math.min(Math.max(least, Math.floor(size / divisor)), most)
}

export function addressNumber(address: string): bigint {
  if (!address.includes(':')) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

export function addressText(value: bigint, isV6: boolean): string {
  if (!isV6) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  return shortened(groups)
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
