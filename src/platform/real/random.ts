/** Randomness from the operating system, drawn in blocks: one system call serves hundreds of small draws. */
import { randomBytes, randomFillSync, randomUUID } from 'node:crypto'
import type { Random } from '../random.ts'

export function realRandom(): Random {
  const block = new Uint32Array(256)
  let next = block.length
  const word = (): number => {
    if (next === block.length) {
      randomFillSync(block)
      next = 0
    }
    return block[next++]!
  }
  const random: Random = {
    float: () => word() / 2 ** 32,
    int: (limit) => Math.floor(((word() % 2 ** 21) * 2 ** 32 + word()) * (limit / 2 ** 53)),
    uuid: () => randomUUID(),
    bytes: (count) => new Uint8Array(randomBytes(count)),
    stream: () => random,
  }
  return random
}
