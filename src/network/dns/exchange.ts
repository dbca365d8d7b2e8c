/** What is said to resolvers outside and read from their answers, as far as it is not passed on untouched. */
import { type Answer, FormatError, headerBytes, skipName, types, viewOf, walkRecords } from './wire.ts'

/** A question with recursion desired and id 0; whoever sends it sets the id. */
export function encodeQuery(name: string, type: number): Uint8Array {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')])
  return Uint8Array.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, type >> 8, type & 0xff, 0, 1])
}

/** Offsets of the times to live in an answer, and the shortest of them; OPT has none. Throws `FormatError`. */
export function timesToLive(message: Uint8Array): { offsets: number[]; shortestSeconds: number | undefined } {
  const view = viewOf(message)
  let start = headerBytes
  for (let count = view.getUint16(4); count > 0; count--) start = skipName(message, start, view.getUint16(0)) + 4
  const offsets: number[] = []
  let shortestSeconds: number | undefined
  walkRecords(message, start, view.getUint16(0), (type, at) => {
    if (type === types.OPT) return
    offsets.push(at + 4)
    shortestSeconds = Math.min(shortestSeconds ?? Number.POSITIVE_INFINITY, view.getUint32(at + 4))
  })
  return { offsets, shortestSeconds }
}

/** The aliases and addresses of an answer; empty when it has none or is malformed. */
export function readAddresses(message: Uint8Array): Answer[] {
  const found: Answer[] = []
  try {
    const view = viewOf(message)
    const id = view.getUint16(0)
    let start = headerBytes
    for (let count = view.getUint16(4); count > 0; count--) start = skipName(message, start, id) + 4
    walkRecords(message, start, id, (type, at, nameAt) => {
      const name = nameIn(message, nameAt)
      const ttlSeconds = view.getUint32(at + 4)
      const data = message.subarray(at + 10, at + 10 + view.getUint16(at + 8))
      if (type === types.CNAME) found.push({ type: 'CNAME', name, ttlSeconds, target: nameIn(message, at + 10) })
      if (type === types.A && data.length === 4) found.push({ type: 'A', name, ttlSeconds, address: data.join('.') })
      if (type === types.AAAA && data.length === 16)
        found.push({
          type: 'AAAA',
          name,
          ttlSeconds,
          address: Buffer.from(data).toString('hex').match(/.{4}/g)!.join(':'),
        })
    })
  } catch {
    return []
  }
  return found
}

/** A name with its pointers followed; each may only lead backwards, so that it ends. */
function nameIn(message: Uint8Array, start: number): string {
  const labels: string[] = []
  let lowest = start
  for (let at = start; ; ) {
    const length = message[at]
    if (length === undefined) throw new FormatError('a name is cut off')
    if (length === 0) return labels.join('.')
    if (length >= 0xc0) {
      at = viewOf(message).getUint16(at) & 0x3fff
      if (at >= lowest) throw new FormatError('a name points forward')
      lowest = at
      continue
    }
    labels.push(Buffer.from(message.subarray(at + 1, at + 1 + length)).toString('latin1'))
    at += 1 + length
  }
}
