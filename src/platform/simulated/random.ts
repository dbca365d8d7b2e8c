/**
 * Randomness that repeats: the same seed and stream name give the same draws. Generator: sfc32 (Chris Doty-Humphrey's
 * Small Fast Counter, public domain, from PractRand).
 */
import type { Random } from '../random.ts'

export function simulatedRandom(seed: string | number = 0): Random {
  return randomFrom(String(seed))
}

function randomFrom(path: string): Random {
  const word = sfc32(hash(path))
  const streams = new Map<string, Random>()
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => word() & 0xff)
  return {
    float: () => word() / 2 ** 32,
    int: (limit) => Math.floor((word() / 2 ** 32) * limit),
    uuid: () => uuidOf(bytes(16)),
    bytes,
    stream(name) {
      const known = streams.get(name)
      if (known) return known
      const stream = randomFrom(`${path}/${name}`)
      streams.set(name, stream)
      return stream
    },
  }
}

function uuidOf(bytes: Uint8Array): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Four words from FNV-1a with different starts; the generator's first draws mix them further. */
function hash(text: string): [number, number, number, number] {
  const word = (start: number): number => {
    let value = start
    for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
    return value >>> 0
  }
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x85ebca6b), 1]
}

function sfc32([a, b, c, counter]: [number, number, number, number]): () => number {
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let warmUp = 0; warmUp < 15; warmUp++) next()
  return next
}
