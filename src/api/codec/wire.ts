/**
 * The bytes of protobuf: varints, fixed numbers and length-delimited fields. The writer fills its buffer from the end,
 * so that the length of a nested message is known when its header is written and nothing is copied; fields are therefore
 * written last to first.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

export const wireType = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const

/** Bytes that are no protobuf of the wanted type. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(`decode protobuf: ${message}`)
    this.name = 'ProtobufError'
  }
}

const initialBytes = 512
const twoTo32 = 2 ** 32

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(initialBytes)
  /** Where the written part starts. */
  #start = initialBytes

  /** Bytes written so far; the difference of two is the length of what stands between. */
  get length(): number {
    return this.#buffer.length - this.#start
  }

  /** A view on the written bytes, valid for good: the writer must not be used again. */
  finish(): Buffer {
    return this.#buffer.subarray(this.#start)
  }

  tag(number: number, type: number): void {
    this.varint(number * 8 + type)
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1)
      this.#buffer[--this.#start] = value
      return
    }
    let size = 2
    for (let rest = Math.floor(value / 0x4000); rest > 0; rest = Math.floor(rest / 0x80)) size++
    this.#reserve(size)
    this.#start -= size
    let rest = value
    for (let index = 0; index < size - 1; index++) {
      this.#buffer[this.#start + index] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#start + size - 1] = rest
  }

  /** Two's complement in 64 bits, as int32 and int64 are written. */
  signedVarint(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) this.varint(value)
    else this.bigVarint(BigInt.asUintN(64, BigInt(value)))
  }

  bigVarint(value: bigint): void {
    const bytes: number[] = []
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
    bytes.push(Number(rest))
    this.raw(Uint8Array.from(bytes))
  }

  double(value: number): void {
    this.#reserve(8)
    this.#start -= 8
    this.#buffer.writeDoubleLE(value, this.#start)
  }

  float(value: number): void {
    this.#reserve(4)
    this.#start -= 4
    this.#buffer.writeFloatLE(value, this.#start)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#start -= bytes.length
    this.#buffer.set(bytes, this.#start)
  }

  /** A whole length-delimited field. */
  bytesField(number: number, bytes: Uint8Array): void {
    this.raw(bytes)
    this.varint(bytes.length)
    this.tag(number, wireType.delimited)
  }

  stringField(number: number, text: string): void {
    const size = Buffer.byteLength(text)
    this.#reserve(size)
    this.#start -= size
    this.#buffer.write(text, this.#start, size, 'utf8')
    this.varint(size)
    this.tag(number, wireType.delimited)
  }

  /** Closes a message whose fields were written since `length` was `before`. */
  messageHeader(number: number, before: number): void {
    this.varint(this.length - before)
    this.tag(number, wireType.delimited)
  }

  #reserve(size: number): void {
    if (this.#start >= size) return
    const written = this.length
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, written + size))
    this.#buffer.copy(grown, grown.length - written, this.#start)
    this.#start = grown.length - written
    this.#buffer = grown
  }
}

/** How many fields may be read, in a message and all within it: two bytes of input can become a whole object. */
export interface FieldBudget {
  left: number
}

/** Reads within one message. Every method throws `ProtobufError` when the bytes end early. */
export class ProtobufReader {
  readonly #buffer: Buffer
  readonly #end: number
  readonly #budget: FieldBudget | undefined
  #position: number

  /** Without a budget the bytes are trusted. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, budget?: FieldBudget) {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#position = start
    this.#end = end
    this.#budget = budget
  }

  get done(): boolean {
    return this.#position >= this.#end
  }

  /** Field number times eight plus wire type. */
  tag(): number {
    if (this.#budget && --this.#budget.left < 0) throw new ProtobufError('the message has too many fields')
    const tag = this.uint64()
    if (typeof tag === 'bigint' || tag < 8 || tag >= twoTo32)
      throw new ProtobufError('a field has an impossible number')
    return tag
  }

  /** A number while exact, else a bigint. */
  uint64(): number | bigint {
    let value = 0
    let factor = 1
    for (let index = 0; index < 7; index++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 0x80
    }
    let big = BigInt(value)
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      big |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return narrow(BigInt.asUintN(64, big))
    }
    throw new ProtobufError('a number is longer than ten bytes')
  }

  int64(): number | bigint {
    const value = this.uint64()
    return typeof value === 'number' ? value : narrow(BigInt.asIntN(64, value))
  }

  int32(): number {
    return Number(BigInt.asIntN(32, BigInt(this.uint64())))
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#take(8))
  }

  float(): number {
    return this.#buffer.readFloatLE(this.#take(4))
  }

  string(): string {
    const size = this.#size()
    const start = this.#take(size)
    return this.#buffer.toString('utf8', start, start + size)
  }

  /** A view, valid as long as the source. */
  bytes(): Buffer {
    const size = this.#size()
    const start = this.#take(size)
    return this.#buffer.subarray(start, start + size)
  }

  message(): ProtobufReader {
    const size = this.#size()
    const start = this.#take(size)
    return new ProtobufReader(this.#buffer, start, start + size, this.#budget)
  }

  skip(type: number): void {
    if (type === wireType.varint) this.uint64()
    else if (type === wireType.fixed64) this.#take(8)
    else if (type === wireType.fixed32) this.#take(4)
    else if (type === wireType.delimited) this.#take(this.#size())
    else throw new ProtobufError(`a field has wire type ${type}, which is not used`)
  }

  #size(): number {
    const size = this.uint64()
    if (typeof size === 'bigint') throw new ProtobufError('a length is beyond the end')
    return size
  }

  #take(size: number): number {
    const start = this.#position
    if (size > this.#end - start) throw new ProtobufError('the bytes end within a field')
    this.#position = start + size
    return start
  }

  #byte(): number {
    if (this.#position >= this.#end) throw new ProtobufError('the bytes end within a number')
    return this.#buffer[this.#position++]!
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
