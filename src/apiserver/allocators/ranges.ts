/** Numbered places that are handed out: the addresses of a service CIDR, the node ports. Pure. */

import { addressNumber, addressText } from '../../api/addresses.ts'

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
