import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type MessageFile, messageCodec } from './message.ts'
import { ProtobufError } from './wire.ts'

const file: MessageFile = {
  package: 'test.v1',
  enums: { Color: { RED: 0, GREEN: 1 }, 'Outer.Kind': { NONE: 0, SOME: 5 } },
  messages: {
    Outer: [
      { name: 'text', number: 1, type: 'string' },
      { name: 'count', number: 2, type: 'int64' },
      { name: 'inner', number: 3, type: 'Inner' },
      { name: 'list', number: 4, type: 'repeated Inner' },
      { name: 'numbers', number: 5, type: 'repeated int32' },
      { name: 'labels', number: 6, type: 'map<string,string>' },
      { name: 'by_number', number: 7, type: 'map<int64,Inner>' },
      { name: 'color', number: 8, type: 'Color' },
      { name: 'kind', number: 9, type: 'Kind' },
      { name: 'blob', number: 10, type: 'bytes' },
      { name: 'ratio', number: 11, type: 'double' },
      { name: 'left', number: 12, type: 'string', oneof: 'side' },
      { name: 'right', number: 13, type: 'int32', oneof: 'side' },
      { name: 'maybe', number: 14, type: 'optional string' },
      { name: 'limit', number: 15, type: '.google.protobuf.Int64Value' },
      { name: 'other', number: 16, type: 'other.Thing' },
      { name: 'big', number: 17, type: 'uint64' },
      { name: 'zigzag', number: 18, type: 'sint64' },
      { name: 'flags', number: 2000, type: 'repeated bool' },
    ],
    Inner: [{ name: 'ok', number: 1, type: 'bool' }],
  },
}
const other: MessageFile = {
  package: 'other',
  enums: {},
  messages: { Thing: [{ name: 'id', number: 1, type: 'string' }] },
}
const codec = messageCodec(file, 'Outer', { imports: [other] })

test('messageCodec keeps every kind of field', () => {
  const message = {
    text: 'é',
    count: -3,
    inner: { ok: true },
    list: [{ ok: true }, {}],
    numbers: [1, -2, 300],
    labels: { a: 'b', __proto: 'c' },
    by_number: { 7: { ok: true } },
    color: 'GREEN',
    kind: 'SOME',
    blob: Uint8Array.of(0, 255),
    ratio: 0.5,
    right: 0,
    maybe: '',
    limit: { value: 12 },
    other: { id: 'x' },
    big: 2n ** 64n - 1n,
    zigzag: -4,
    flags: [true, false],
  }
  assert.deepEqual(codec.decode(codec.encode(message)), message)
})

test('messageCodec leaves zero values out', () => {
  assert.equal(codec.encode({ text: '', count: 0, color: 'RED', list: [], labels: {}, blob: undefined }).length, 0)
})

test('messageCodec writes the bytes that protobuf documents', () => {
  assert.equal(Buffer.from(codec.encode({ count: 150 })).toString('hex'), '109601')
  assert.equal(Buffer.from(codec.encode({ text: 'testing' })).toString('hex'), '0a0774657374696e67')
  assert.equal(Buffer.from(codec.encode({ numbers: [3, 270, 86942] })).toString('hex'), '2a06038e029ea705')
  assert.equal(Buffer.from(codec.encode({ count: -2 })).toString('hex'), '10feffffffffffffffff01')
})

test('messageCodec skips unknown fields and takes lists that are not packed', () => {
  const bytes = Buffer.from('f8ff0101' + '2803' + '2804' + 'faff010161' + '0a0178', 'hex')
  assert.deepEqual(codec.decode(bytes), { numbers: [3, 4], text: 'x' })
})

test('messageCodec keeps unknown enum numbers', () => {
  assert.deepEqual(codec.decode(codec.encode({ color: 9 })), { color: 9 })
})

test('messageCodec refuses what does not fit', () => {
  assert.throws(() => codec.encode({ text: 1 }), TypeError)
  assert.throws(() => codec.encode({ count: 0.5 }), TypeError)
  assert.throws(() => codec.encode({ color: 'BLUE' }), TypeError)
  assert.throws(() => messageCodec(file, 'Missing'), TypeError)
})

test('messageCodec refuses bytes that end early or nest too deep', () => {
  for (const hex of ['0a', '0a05', '10', '1080', '0b', '08ffffffffffffffffffffff01']) {
    assert.throws(() => codec.decode(Buffer.from(hex, 'hex')), ProtobufError, hex)
  }
})

test('messageCodec never fails on random bytes with anything but ProtobufError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        codec.decode(bytes)
      } catch (error) {
        assert.ok(error instanceof ProtobufError)
      }
    }),
  )
})

test('messageCodec does not let a map key reach the prototype', () => {
  const decoded = codec.decode(codec.encode({ labels: JSON.parse('{"__proto__":"x"}') as object }))
  assert.deepEqual(Object.keys(decoded.labels as object), ['__proto__'])
})
