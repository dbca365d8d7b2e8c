/** Sorted keys in blocks: a key is put in or taken out by moving a few hundred others, however many there are. */

const blockKeysMax = 512

export class OrderedKeys {
  /** Never empty ones, but for the only one. */
  #blocks: string[][] = [[]]
  #size = 0

  /** @param sorted in order, each once */
  static of(sorted: readonly string[]): OrderedKeys {
    const keys = new OrderedKeys()
    keys.#size = sorted.length
    const step = blockKeysMax / 2
    if (sorted.length > 0)
      keys.#blocks = Array.from({ length: Math.ceil(sorted.length / step) }, (_, block) =>
        sorted.slice(block * step, (block + 1) * step),
      )
    return keys
  }

  get size(): number {
    return this.#size
  }

  /** Nothing happens when it is there. */
  insert(key: string): void {
    const index = this.#blockOf(key)
    const block = this.#blocks[index]!
    const place = placeIn(block, key)
    if (block[place] === key) return
    block.splice(place, 0, key)
    this.#size += 1
    if (block.length > blockKeysMax) this.#blocks.splice(index + 1, 0, block.splice(blockKeysMax / 2))
  }

  /** Nothing happens when it is not there. */
  remove(key: string): void {
    const index = this.#blockOf(key)
    const block = this.#blocks[index]!
    const place = placeIn(block, key)
    if (block[place] !== key) return
    block.splice(place, 1)
    this.#size -= 1
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(index, 1)
  }

  /** Keys from `key` on, itself included. Not to be changed meanwhile. */
  *from(key: string): Generator<string> {
    const first = this.#blockOf(key)
    for (let index = first; index < this.#blocks.length; index++) {
      const block = this.#blocks[index]!
      for (let place = index === first ? placeIn(block, key) : 0; place < block.length; place++) yield block[place]!
    }
  }

  /** How many keys stand before `key`. */
  before(key: string): number {
    const index = this.#blockOf(key)
    let count = placeIn(this.#blocks[index]!, key)
    for (let other = 0; other < index; other++) count += this.#blocks[other]!.length
    return count
  }

  /** The last block that begins at or before the key, else the first. */
  #blockOf(key: string): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#blocks[middle]![0]! <= key) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Index of the first key that is not before `key`. */
function placeIn(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
