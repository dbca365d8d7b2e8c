import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { objectType, typeByName } from '../schema/registry.ts'
import { encodeJson } from './json.ts'
import {
  decodeEnvelope,
  decodeProtobuf,
  decodeWatchEvent,
  encodeProtobuf,
  isProtobuf,
  ProtobufError,
  protobufWatchFrame,
  wrapProtobuf,
} from './protobuf.ts'

/** Answers that a real server gave in both forms. */
interface Recorded {
  name: string
  /** Absent for what was recorded in protobuf only. */
  json?: { apiVersion?: string; kind: string }
  protobuf: string
}

const recorded = JSON.parse(
  readFileSync(new URL('testdata/recorded-objects.json', import.meta.url), 'utf8'),
) as Recorded[]
const watch = recorded.find(({ name }) => name.startsWith('watch'))!
const objects = recorded.flatMap(({ name, json, protobuf }) =>
  json && !Array.isArray(json) ? [{ name, json, protobuf }] : [],
)

/** The client had sent JSON with blanks inside, which upstream keeps in protobuf and drops from JSON. */
const withBlanks = ['ControllerRevision cr1', 'DeviceClass parity-dc1']

const asGoWrites = (text: string) =>
  text.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026')

for (const { name, json, protobuf } of objects) {
  const bytes = Buffer.from(protobuf, 'base64')
  const type = objectType(json) ?? typeByName(`meta/v1.${json.kind}`)
  test(`encodeProtobuf writes the recorded bytes of ${name}`, () => {
    const expected = withBlanks.includes(name) ? encodeProtobuf(decodeProtobuf(bytes, { type }), type) : bytes
    assert.equal(encodeProtobuf(json, type).toString('hex'), expected.toString('hex'))
  })
  test(`decodeProtobuf reads ${name} as it stands in JSON`, () => {
    // Protobuf does not tell what kind a claim's template is.
    const text = JSON.stringify(json).replace('{"kind":"PersistentVolumeClaim","apiVersion":"v1",', '{')
    const read = decodeProtobuf(bytes, { type })
    const expected = json.kind === 'PersistentVolumeClaim' ? JSON.stringify(json) : text
    const written = json.apiVersion === undefined ? JSON.stringify(read) : encodeJson(type, read)
    assert.equal(written, asGoWrites(expected))
  })
}

test('decodeProtobuf reads an object of which only the metadata was asked for', () => {
  const { protobuf } = recorded.find(({ name }) => name === 'metadata only')!
  const bytes = Buffer.from(protobuf, 'base64')
  const partial = decodeProtobuf(bytes, { type: typeByName('meta/v1.PartialObjectMetadata') })
  assert.deepEqual(
    [partial.kind, partial.apiVersion, partial.metadata.name],
    ['PartialObjectMetadata', 'meta.k8s.io/v1', 'p2'],
  )
  assert.deepEqual(encodeProtobuf(partial, typeByName('meta/v1.PartialObjectMetadata')), bytes)
})

test('no recorded answer is left out', () => assert.equal(recorded.length, objects.length + 3))

test('protobufWatchFrame writes the recorded frames and decodeWatchEvent reads them', () => {
  const stream = Buffer.from(watch.protobuf, 'base64')
  const events = watch.json as unknown as { type: string; object: { apiVersion: string; kind: string } }[]
  let position = 0
  for (const event of events) {
    const frame = protobufWatchFrame(event.type, encodeProtobuf(event.object))
    assert.equal(frame.toString('hex'), stream.subarray(position, position + frame.length).toString('hex'))
    const read = decodeWatchEvent(frame.subarray(4))
    assert.equal(read.type, event.type)
    assert.equal(encodeJson(objectType(event.object)!, read.object), JSON.stringify(event.object))
    position += frame.length
  }
  assert.equal(position, stream.length)
})

test('decodeEnvelope names the kind without reading the message', () => {
  const [first] = objects
  const envelope = decodeEnvelope(Buffer.from(first!.protobuf, 'base64'))
  assert.deepEqual({ kind: envelope.kind, apiVersion: envelope.apiVersion }, { kind: 'Pod', apiVersion: 'v1' })
  assert.equal(wrapProtobuf(envelope, envelope.raw).toString('base64'), first!.protobuf)
})

test('decodeProtobuf gives an empty list its items', () => {
  const bytes = encodeProtobuf({ apiVersion: 'v1', kind: 'PodList', metadata: {}, items: [] })
  assert.deepEqual(decodeProtobuf(bytes), { kind: 'PodList', apiVersion: 'v1', items: [] })
})

test('decodeProtobuf refuses what is no envelope, of unknown kind, or cut short', () => {
  const bytes = Buffer.from(objects[0]!.protobuf, 'base64')
  assert.equal(isProtobuf(Buffer.from('{}')), false)
  assert.throws(() => decodeProtobuf(Buffer.from('{}')), /expected prefix \[107 56 115 0\]/)
  assert.throws(() => decodeProtobuf(bytes.subarray(0, bytes.length / 2)), ProtobufError)
  const unknown = wrapProtobuf({ apiVersion: 'example.com/v1', kind: 'Widget' }, Buffer.alloc(0))
  assert.throws(() => decodeProtobuf(unknown), /kind "Widget" of "example.com\/v1" has no protobuf form/)
  assert.throws(() => encodeProtobuf({ apiVersion: 'example.com/v1', kind: 'Widget' }), TypeError)
})

test('whole numbers of 64 bits come back as they were', () => {
  const generation = 2n ** 60n + 1n
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { generation } }
  assert.equal(decodeProtobuf(encodeProtobuf(pod)).metadata.generation, generation)
})
