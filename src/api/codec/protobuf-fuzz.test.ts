/**
 * Recorded answers with bytes changed, cut, doubled and inserted: whatever comes of it is read, or refused with
 * `ProtobufError`, soon. A seed that ever failed stays in the list; each run tries a new one too, and names it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEnvelope, decodeProtobuf, decodeWatchEvent, encodeProtobuf, ProtobufError } from './protobuf.ts'

const recorded = (
  JSON.parse(readFileSync(new URL('testdata/recorded-objects.json', import.meta.url), 'utf8')) as { protobuf: string }[]
).map(({ protobuf }) => Buffer.from(protobuf, 'base64'))

const fieldsMax = 20_000
const seeds = [1, 36, 20261122, undefined]

const change = fc.record({
  kind: fc.constantFrom('set', 'cut', 'insert', 'double', 'length'),
  at: fc.nat(),
  byte: fc.nat(255),
})

function changed(bytes: Buffer, { kind, at, byte }: { kind: string; at: number; byte: number }): Buffer {
  const place = 4 + (at % (bytes.length - 4))
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)]
  if (kind === 'cut') return head
  if (kind === 'insert') return Buffer.concat([head, Buffer.from([byte]), tail])
  if (kind === 'double') return Buffer.concat([bytes, tail])
  if (kind === 'length') return Buffer.concat([head, Buffer.from([0xff, 0xff, 0xff, 0xff, byte]), tail.subarray(1)])
  const copy = Buffer.from(bytes)
  copy[place] = byte
  return copy
}

for (const seed of seeds) {
  test(`damaged protobuf is read or refused, seed ${seed ?? 'of this run'}`, () => {
    const property = fc.property(
      fc.constantFrom(...recorded),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (bytes, changes) => {
        const damaged = changes.reduce<Buffer>((made, each) => (made.length > 8 ? changed(made, each) : made), bytes)
        for (const read of [
          () => decodeProtobuf(damaged, { fieldsMax }),
          () => decodeEnvelope(damaged),
          () => decodeWatchEvent(damaged.subarray(4)),
          // What was read can be written.
          () => encodeProtobuf(decodeProtobuf(damaged, { fieldsMax })),
        ]) {
          try {
            read()
          } catch (error) {
            assert.ok(error instanceof ProtobufError, String((error as Error).stack))
          }
        }
      },
    )
    fc.assert(property, { numRuns: 1_500, ...(seed === undefined ? {} : { seed }) })
  })
}
