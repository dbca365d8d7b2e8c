/**
 * Randomness as a dependency. Streams are named, so that one more draw in one component does not shift what another
 * component draws in a replayed run.
 */
export interface Random {
  /** A float in [0, 1). */
  float(): number
  /** An integer in [0, limit). */
  int(limit: number): number
  /** An RFC 9562 version 4 UUID. */
  uuid(): string
  /** `count` bytes, fit for keys and tokens on the real platform. */
  bytes(count: number): Uint8Array
  /** An independent stream; the same name from the same parent is the same stream. */
  stream(name: string): Random
}

/** The alphabet of generated names: no vowels and no look-alikes, so that no words appear. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** A suffix as `metadata.generateName` appends it: `length` characters (upstream uses five). */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = ''
  for (let index = 0; index < length; index++) suffix += nameAlphabet[random.int(nameAlphabet.length)]
  return suffix
}
