/**
 * Connections as a busy machine has them, from a seed: what is written arrives later, in other pieces, and only while the
 * other side reads; a few writes wait. Counts what moves, so that a test can tell when nothing does any more.
 */
import { Duplex } from 'node:stream'
import type { Random } from '../../src/platform/random.ts'

/** Everything that moves on the pipes of one exchange. */
export interface Traffic {
  random: Random
  moves: number
  ends: RoughEnd[]
}

/** Bytes under way before writes wait, and the largest piece that arrives at once, as with sockets. */
const underWayMax = 128 * 1024
const pieceMax = 64 * 1024
const patienceTurns = 5_000

/** Two ends of one connection. */
export function roughPair(traffic: Traffic): [near: RoughEnd, far: RoughEnd] {
  const near = new RoughEnd(traffic)
  const far = new RoughEnd(traffic)
  near.other = far
  far.other = near
  traffic.ends.push(near, far)
  return [near, far]
}

export class RoughEnd extends Duplex {
  readonly #traffic: Traffic
  other: RoughEnd | undefined
  #underWay: Buffer = Buffer.alloc(0)
  #waiting: (() => void) | undefined
  #ended = false
  #scheduled = false
  #wants = false
  /** Something was written to a side that is gone: nobody hears of the first, what follows fails. */
  #refused = false

  constructor(traffic: Traffic) {
    super({ allowHalfOpen: traffic.random.int(2) === 0 })
    this.#traffic = traffic
    this.on('error', () => undefined)
  }

  override _read(): void {
    this.#wants = true
    this.other?.deliverLater()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    const { other } = this
    if (other?.destroyed) {
      if (this.#refused) this.#failLater(done, patienceTurns)
      else setImmediate(done)
      this.#refused = true
      return other.deliverLater()
    }
    this.#underWay = Buffer.concat([this.#underWay, bytes])
    if (this.#underWay.length < underWayMax) done()
    else this.#waiting = done
    this.deliverLater()
  }

  /** After what came before was read, which a side that does not read must not wait for. */
  #failLater(done: (error: Error) => void, turns: number): void {
    if (turns === 0 || this.readableEnded) done(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))
    else setImmediate(() => this.#failLater(done, turns - 1))
  }

  override _final(done: () => void): void {
    this.#ended = true
    this.deliverLater()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#ended = true
    this.deliverLater()
    this.other?.deliverLater()
    this.#release()
    done(error)
  }

  /** Breaks the connection: what is under way is lost, the other side gets an error. */
  breakOff(): void {
    this.#underWay = Buffer.alloc(0)
    this.destroy()
    this.other?.destroy(Object.assign(new Error('connection reset'), { code: 'ECONNRESET' }))
  }

  deliverLater(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#afterTurns(this.#traffic.random.int(4))
  }

  #afterTurns(turns: number): void {
    setImmediate(() => {
      if (turns > 0) return this.#afterTurns(turns - 1)
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const { other } = this
    if (!other || other.destroyed) return this.#release()
    if (!other.#wants) return
    this.#traffic.moves++
    if (this.#underWay.length > 0) {
      const { random } = this.#traffic
      const most = Math.min(this.#underWay.length, pieceMax)
      const count = random.int(2) === 0 ? most : 1 + random.int(most)
      const piece = Buffer.from(this.#underWay.subarray(0, count))
      this.#underWay = this.#underWay.subarray(count)
      other.#wants = false
      if (other.push(piece)) other.#wants = true
      if (this.#underWay.length < underWayMax) this.#release()
      this.deliverLater()
    } else if (this.#ended) {
      other.#wants = false
      other.push(null)
    }
  }

  #release(): void {
    const done = this.#waiting
    this.#waiting = undefined
    done?.()
  }
}

/** Takes the head of an HTTP message off a connection; what follows stays. */
export async function takeHead(socket: Duplex): Promise<string> {
  let head = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      socket.off('end', onEnd).off('close', onEnd)
      socket.pause()
      const rest = head.subarray(end + 4)
      if (rest.length > 0) socket.unshift(rest)
      resolve(head.toString('latin1', 0, end))
    }
    const onEnd = (): void => {
      reject(new Error(`closed after ${JSON.stringify(head.toString('latin1'))}`))
      socket.destroy()
    }
    socket.on('data', onData)
    socket.once('end', onEnd)
    socket.once('close', onEnd)
  })
}

function stateOf(end: RoughEnd): string {
  const { destroyed, readableEnded, writableFinished, readableLength, writableLength, readableFlowing } = end
  const states = { destroyed, readableEnded, writableFinished, readableFlowing }
  const names = Object.entries(states).flatMap(([name, is]) => (is ? [name] : []))
  return `[${names} ${readableLength} in, ${writableLength} out]`
}

/** The result of the work; fails when nothing has moved for so long, which on a busy machine may be a while. */
export async function unlessStuck<T>(traffic: Traffic, work: Promise<T>, quietMs = 3_000): Promise<T> {
  const { promise: stuck, reject } = Promise.withResolvers<never>()
  let moves = -1
  const timer = setInterval(() => {
    if (traffic.moves === moves) reject(new Error(`nothing moves any more: ${traffic.ends.map(stateOf).join(' ')}`))
    moves = traffic.moves
  }, quietMs)
  try {
    return await Promise.race([work, stuck])
  } finally {
    clearInterval(timer)
  }
}
