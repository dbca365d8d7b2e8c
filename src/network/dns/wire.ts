/**
 * DNS messages as bytes: reading queries, writing answers with compressed names, and finding the times to live of a
 * message that is passed on. Only what a cluster's server says and hears. Sources: RFC 1035, RFC 2782 (SRV), RFC 3596
 * (AAAA), RFC 6891 (EDNS).
 *
 * Compression matters here: most resolvers send no EDNS, and 512 bytes hold three times as many addresses with it.
 */
import { isIPv4 } from 'node:net'

export const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 } as const
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const
export type Rcode = keyof typeof rcodes

export const headerBytes = 12
const [responseFlag, authoritativeFlag, truncatedFlag, recursionDesiredFlag] = [0x8000, 0x0400, 0x0200, 0x0100]
const recursionAvailableFlag = 0x0080
const plainLimitBytes = 512
/** What we offer and use at most over UDP: no fragments on any usual link (DNS flag day 2020). */
const ednsLimitBytes = 1232
const classInternet = 1

export interface Query {
  id: number
  opcode: number
  recursionDesired: boolean
  /** As asked, without the final dot; the root is empty. */
  name: string
  type: number
  class: number
  /** The client's UDP size and version; undefined when it sent no OPT record. */
  edns: { sizeBytes: number; version: number } | undefined
  /** The question as it came, to be repeated. */
  question: Uint8Array
}

export type Answer = { name: string; ttlSeconds: number } & (
  | { type: 'A' | 'AAAA'; address: string }
  | { type: 'CNAME' | 'PTR' | 'NS'; target: string }
  | { type: 'SRV'; target: string; port: number; priority: number; weight: number }
  | { type: 'TXT'; text: string }
  | { type: 'SOA'; mname: string; rname: string; serial: number; minimumSeconds: number }
)

export interface Reply {
  rcode: Rcode
  authoritative: boolean
  answers: readonly Answer[]
  authority?: readonly Answer[]
  additional?: readonly Answer[]
}

/** The bytes are no query that can be answered at all, or one to answer with FORMERR (then `id` is set). */
export class FormatError extends Error {
  readonly id: number | undefined
  constructor(message: string, id?: number) {
    super(message)
    this.name = 'FormatError'
    this.id = id
  }
}

/** Throws `FormatError`. */
export function parseQuery(message: Uint8Array): Query {
  if (message.length < headerBytes) throw new FormatError('a DNS message has at least 12 bytes')
  const view = viewOf(message)
  const id = view.getUint16(0)
  const flags = view.getUint16(2)
  if (flags & responseFlag) throw new FormatError('the message is an answer')
  if (view.getUint16(4) !== 1) throw new FormatError('a query has exactly one question', id)
  const { name, end } = readName(message, headerBytes, id)
  if (end + 4 > message.length) throw new FormatError('the question is cut off', id)
  return {
    id,
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & recursionDesiredFlag) !== 0,
    name,
    type: view.getUint16(end),
    class: view.getUint16(end + 2),
    edns: findEdns(message, end + 4, id),
    question: message.subarray(headerBytes, end + 4),
  }
}

function readName(message: Uint8Array, start: number, id: number): { name: string; end: number } {
  const labels: string[] = []
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined || length > 63 || at - start > 254) throw new FormatError('the name is malformed', id)
    if (length === 0) return { name: labels.join('.'), end: at + 1 }
    labels.push(Buffer.from(message.subarray(at + 1, at + 1 + length)).toString('latin1'))
    at += 1 + length
  }
}

function findEdns(message: Uint8Array, start: number, id: number): Query['edns'] {
  let edns: Query['edns']
  walkRecords(message, start, id, (type, at) => {
    const view = viewOf(message)
    if (type === types.OPT) edns = { sizeBytes: view.getUint16(at + 2), version: message[at + 5]! }
  })
  return edns
}

/** Calls back with each record's type, the offset of its type field, and that of its name. Throws `FormatError`. */
export function walkRecords(
  message: Uint8Array,
  start: number,
  id: number,
  each: (type: number, at: number, nameAt: number) => void,
): void {
  const view = viewOf(message)
  const count = view.getUint16(6) + view.getUint16(8) + view.getUint16(10)
  let at = start
  for (let index = 0; index < count; index++) {
    const nameAt = at
    at = skipName(message, at, id)
    if (at + 10 > message.length || at + 10 + view.getUint16(at + 8) > message.length)
      throw new FormatError('a record is cut off', id)
    each(view.getUint16(at), at, nameAt)
    at += 10 + view.getUint16(at + 8)
  }
}

export function skipName(message: Uint8Array, start: number, id: number): number {
  for (let at = start; ; ) {
    const length = message[at]
    if (length === undefined) throw new FormatError('a name is cut off', id)
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
}

/** How many bytes the client takes over UDP. */
export function udpLimitBytes({ edns }: Query): number {
  return edns ? Math.min(Math.max(edns.sizeBytes, plainLimitBytes), ednsLimitBytes) : plainLimitBytes
}

/** Over the limit, additional records go first; then answers are cut and the client is told to ask again over TCP. */
export function encodeReply(query: Query, reply: Reply, limitBytes: number): Uint8Array {
  const whole = encode(query, reply, false)
  if (whole.length <= limitBytes) return whole
  const answersOnly = encode(query, { ...reply, additional: [] }, false)
  if (answersOnly.length <= limitBytes) return answersOnly
  for (let count = reply.answers.length; ; count = count >> 1) {
    const cut = encode(query, { ...reply, answers: reply.answers.slice(0, count), authority: [], additional: [] }, true)
    if (cut.length <= limitBytes || count === 0) return cut
  }
}

/** An answer without records to bytes that could not be read as a query. */
export function encodeFormatError(id: number): Uint8Array {
  const message = Buffer.alloc(headerBytes)
  message.writeUInt16BE(id, 0)
  message.writeUInt16BE(responseFlag | rcodes.FORMERR, 2)
  return message
}

function encode(query: Query, reply: Reply, truncated: boolean): Uint8Array {
  const writer = new Writer()
  const { answers, authority = [], additional = [] } = reply
  const flags =
    responseFlag |
    (query.opcode << 11) |
    (reply.authoritative ? authoritativeFlag : 0) |
    (truncated ? truncatedFlag : 0) |
    (query.recursionDesired ? recursionDesiredFlag : 0) |
    recursionAvailableFlag |
    rcodes[reply.rcode]
  writer.uint16(query.id, flags, 1, answers.length, authority.length, additional.length + (query.edns ? 1 : 0))
  writer.remember(query.name)
  writer.bytes(query.question)
  for (const record of [...answers, ...authority, ...additional]) writeRecord(writer, record)
  if (query.edns) {
    writer.bytes(Uint8Array.of(0))
    writer.uint16(types.OPT, ednsLimitBytes, 0, 0, 0)
  }
  return writer.finish()
}

function writeRecord(writer: Writer, record: Answer): void {
  writer.name(record.name)
  writer.uint16(types[record.type], classInternet, record.ttlSeconds >>> 16, record.ttlSeconds & 0xffff)
  writer.sized(() => {
    switch (record.type) {
      case 'A':
      case 'AAAA':
        return writer.bytes(addressBytes(record.address))
      case 'CNAME':
      case 'PTR':
      case 'NS':
        return writer.name(record.target)
      case 'SRV':
        writer.uint16(record.priority, record.weight, record.port)
        return writer.name(record.target, false) // RFC 2782 forbids compression here
      case 'TXT':
        return writer.bytes(Buffer.from([record.text.length, ...Buffer.from(record.text, 'latin1')]))
      case 'SOA': {
        writer.name(record.mname)
        writer.name(record.rname)
        const [refreshSeconds, retrySeconds, expireSeconds] = [7200, 1800, 86_400]
        for (const value of [record.serial, refreshSeconds, retrySeconds, expireSeconds, record.minimumSeconds])
          writer.uint16((value >>> 16) & 0xffff, value & 0xffff)
      }
    }
  })
}

/** Network order. Throws on text that is no address. */
export function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number)
  const [head = '', tail] = address.split('::')
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16))
  const [left, right] = [words(head), words(tail ?? '')]
  const gap = tail === undefined ? [] : new Array<number>(8 - left.length - right.length).fill(0)
  const all = [...left, ...gap, ...right]
  if (all.length !== 8 || all.some(Number.isNaN)) throw new Error(`write the address ${address}: it is malformed`)
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Grows a message; names that were written before are pointed to. */
class Writer {
  #buffer = Buffer.alloc(plainLimitBytes)
  #length = 0
  /** Lower-case name → where it stands. */
  readonly #names = new Map<string, number>()

  uint16(...values: number[]): void {
    this.#reserve(2 * values.length)
    for (const value of values) this.#length = this.#buffer.writeUInt16BE(value, this.#length)
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Notes the places of a name that is about to be written as bytes. */
  remember(name: string): void {
    let at = this.#length
    for (let rest = name; rest !== ''; rest = parentOf(rest)) {
      this.#names.set(rest.toLowerCase(), at)
      at += 1 + labelOf(rest).length
    }
  }

  name(name: string, compress = true): void {
    for (let rest = name; rest !== ''; rest = parentOf(rest)) {
      const known = this.#names.get(rest.toLowerCase())
      if (compress && known !== undefined) return this.uint16(0xc000 | known)
      if (this.#length < 0x4000) this.#names.set(rest.toLowerCase(), this.#length)
      const label = Buffer.from(labelOf(rest), 'latin1')
      this.bytes(Uint8Array.of(label.length))
      this.bytes(label)
    }
    this.bytes(Uint8Array.of(0))
  }

  /** A two-byte length before what `body` writes. */
  sized(body: () => void): void {
    this.uint16(0)
    const start = this.#length
    body()
    this.#buffer.writeUInt16BE(this.#length - start, start - 2)
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = Buffer.alloc(2 * (this.#length + count))
    larger.set(this.#buffer)
    this.#buffer = larger
  }
}

function labelOf(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? name : name.slice(0, dot)
}

function parentOf(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? '' : name.slice(dot + 1)
}
