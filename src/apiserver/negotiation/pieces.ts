/**
 * A long document in pieces, each made when it is asked for. Who has sent a piece gives its memory back for later ones:
 * what is allocated outside of the heap is collected late, and a hundred lists would stand in memory at once.
 */
import { limits } from '../../limits.ts'
import { ownTurn } from '../../platform/turn.ts'

/** Memory of at least this many bytes. */
export type Room = (length: number) => Buffer

/** Pieces end with the item that fills them. */
const roomBytes = limits.listPieceBytes + 32 * 1024
const spare: Buffer[] = []

/** A sixteenth of a millisecond. */
const copiedShare = 1 / 16

export class Pieces implements AsyncIterable<Uint8Array> {
  readonly #count: number
  readonly #make: (index: number, room: Room) => Uint8Array
  readonly #share: number

  /** `share`: see `ownTurn`. Default: of a piece that is copied from bytes. */
  constructor(count: number, make: (index: number, room: Room) => Uint8Array, share = copiedShare) {
    this.#count = count
    this.#make = make
    this.#share = share
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < this.#count; index++) {
      // A piece may take a few milliseconds to make: others have their turn in between.
      if (index > 0) await ownTurn(this.#share)
      yield this.#make(index, takeRoom)
    }
  }

  /** Called once at most for a piece, by who alone has it and reads it no more. */
  giveBack(piece: Uint8Array): void {
    const { buffer } = piece
    if (buffer.byteLength !== roomBytes || spare.length >= limits.sparePiecesMax) return
    spare.push(Buffer.from(buffer as ArrayBuffer))
  }
}

function takeRoom(length: number): Buffer {
  if (length > roomBytes) return Buffer.allocUnsafe(length)
  return spare.pop() ?? Buffer.allocUnsafeSlow(roomBytes)
}
