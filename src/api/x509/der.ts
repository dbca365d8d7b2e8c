/**
 * The part of DER (ITU-T X.690) that X.509 certificates and requests need: written here because the whole of it is a
 * page of code, where the usual library costs 100 ms to load and a reflection polyfill.
 */

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const

/** One element: its tag, and its content as a view of the input. */
export interface DerElement {
  tag: number
  content: Uint8Array
  /** Header and content together. */
  bytes: Uint8Array
}

/** The input is not DER; says what was wrong where. */
export class DerError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DerError'
  }
}

export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  return Buffer.concat([Uint8Array.of(tag), lengthBytes(content.length), content])
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(tags.sequence, ...parts)
}

/** `[number]`, constructed and explicit. */
export function context(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return element(0xa0 | number, ...parts)
}

/** `[number]`, primitive and implicit. */
export function contextPrimitive(number: number, content: Uint8Array): Uint8Array {
  return element(0x80 | number, content)
}

/** A non-negative integer from its big-endian bytes. */
export function integer(bigEndian: Uint8Array): Uint8Array {
  let start = 0
  while (start < bigEndian.length - 1 && bigEndian[start] === 0) start++
  const digits = bigEndian.subarray(start)
  const padded = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), digits]) : digits
  return element(tags.integer, padded)
}

export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) bytes.push(...base128(part))
  return element(tags.oid, Uint8Array.from(bytes))
}

export function boolean(value: boolean): Uint8Array {
  return element(tags.boolean, Uint8Array.of(value ? 0xff : 0))
}

export function text(value: string): Uint8Array {
  return element(tags.utf8String, Buffer.from(value, 'utf8'))
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return element(tags.bitString, Uint8Array.of(unusedBits), bytes)
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return element(tags.octetString, bytes)
}

/** UTCTime up to 2049 and GeneralizedTime after, as RFC 5280 4.1.2.5 wants; whole seconds. */
export function time(epochMs: number): Uint8Array {
  const compact = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, '')
  if (Number(compact.slice(0, 4)) >= 2050) return element(tags.generalizedTime, Buffer.from(compact))
  return element(tags.utcTime, Buffer.from(compact.slice(2)))
}

/** The elements that stand one after the other in `bytes`. */
export function readAll(bytes: Uint8Array): DerElement[] {
  const found: DerElement[] = []
  let offset = 0
  while (offset < bytes.length) {
    const next = readOne(bytes, offset)
    found.push(next)
    offset += next.bytes.length
  }
  return found
}

/** The children of the constructed element that starts `bytes`. */
export function children(bytes: Uint8Array): DerElement[] {
  return readAll(readOne(bytes, 0).content)
}

export function oidText(content: Uint8Array): string {
  const first = content[0] ?? 0
  const parts = [Math.min(Math.floor(first / 40), 2)]
  parts.push(first - (parts[0] ?? 0) * 40)
  let value = 0
  for (const byte of content.subarray(1)) {
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      parts.push(value)
      value = 0
    }
  }
  return parts.join('.')
}

function readOne(bytes: Uint8Array, offset: number): DerElement {
  const tag = bytes[offset]
  const first = bytes[offset + 1]
  if (tag === undefined || first === undefined) throw new DerError(`element at byte ${offset} is cut off`)
  let header = 2
  let length = first
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new DerError(`length at byte ${offset + 1} has ${count} bytes, allowed 1 to 4`)
    length = 0
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[offset + 2 + index] ?? 0)
    header += count
  }
  const end = offset + header + length
  if (end > bytes.length)
    throw new DerError(`element at byte ${offset} ends at ${end}, past the input's ${bytes.length}`)
  return { tag, content: bytes.subarray(offset + header, end), bytes: bytes.subarray(offset, end) }
}

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Uint8Array.of(0x80 | bytes.length, ...bytes)
}

function base128(value: number): number[] {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80)
  return bytes
}
