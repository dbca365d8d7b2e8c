/**
 * What bytes mean, told along with them inside one process: a server that has the decoded value at hand spares a client
 * of the same process the decoding, and both the second copy. Over a socket only the bytes remain.
 */

const meaning = Symbol('meaning')

type Carrying = object & { [meaning]?: readonly (() => unknown)[] }

/** Each of `values` is made when first asked for; what it returns may be shared and must not be changed. */
export function carrying<B extends Uint8Array | AsyncIterable<Uint8Array>>(
  bytes: B,
  values: readonly (() => unknown)[],
): B {
  ;(bytes as Carrying)[meaning] = values
  return bytes
}

/** What the bytes carry, in order; undefined when they are bytes only. */
export function carriedBy(bytes: Uint8Array | AsyncIterable<Uint8Array>): readonly (() => unknown)[] | undefined {
  return (bytes as Carrying)[meaning]
}

/** All chunks as one, which carries what they carry when every one of them does. */
export function concatCarrying(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks
  if (first && chunks.length === 1) return first
  const all = Buffer.concat(chunks)
  const values: (() => unknown)[] = []
  for (const chunk of chunks) {
    const carried = carriedBy(chunk)
    if (!carried) return all
    for (const value of carried) values.push(value)
  }
  return carrying(all, values)
}
