/** Every kind of the schema, with random values, through all three forms. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import { groupVersionInfos, kindType } from '../schema/registry.ts'
import type { FieldNode, ScalarNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { decodeDocument, decodeJson, encodeJson } from './json.ts'
import { decodeProtobuf, encodeProtobuf, ProtobufError } from './protobuf.ts'
import { encodeYaml, parseYaml } from './yaml.ts'

const nestingMax = 7

const scalars: Record<ScalarNode['scalar'], Arbitrary<unknown>> = {
  string: fc.string({ unit: 'binary', maxLength: 5, minLength: 1 }).filter((text) => text.isWellFormed()),
  bool: fc.constant(true),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  time: fc.constantFrom('2026-11-22T15:28:26Z', '1969-01-01T00:00:00Z'),
  microTime: fc.constantFrom('2026-11-22T15:28:26.000001Z', '2026-11-22T15:28:26.999999Z'),
  duration: fc.constantFrom('1m0s', '250ms', '-1h0m0s'),
  quantity: fc.constantFrom('1', '100m', '1Gi', '12e6', '1.500', '-3k'),
  intOrString: fc.oneof(fc.integer(), fc.constantFrom('25%', '')),
  raw: fc.constantFrom({ a: [1, { b: null }] }, 'text', 5, false),
}

const alternatives: Record<NonNullable<ScalarNode['alternative']>, Arbitrary<unknown>> = {
  boolean: fc.oneof(fc.boolean(), fc.constant({ type: 'string' })),
  schemas: fc.constantFrom([{ type: 'string' }, {}], { type: 'integer' }),
  strings: fc.constantFrom(['a', 'b'], { type: 'integer' }),
}

const structs = new Map<string, Arbitrary<object>>()

function anyOf(type: TypeNode, depth: number): Arbitrary<unknown> {
  if (type.kind === 'scalar') return type.alternative ? alternatives[type.alternative] : scalars[type.scalar]
  if (type.kind === 'list') return fc.array(anyOf(type.element, depth), { minLength: 1, maxLength: 2 })
  if (type.kind === 'map') {
    const key = fc.constantFrom('a', 'b/c', 'é', '__proto__', 'constructor')
    return fc.array(fc.tuple(key, anyOf(type.value, depth)), { minLength: 1, maxLength: 2 }).map(fromEntries)
  }
  return structOf(type, depth)
}

function fromEntries(entries: [string, unknown][]): object {
  return Object.fromEntries(entries)
}

/** Objects within objects say no kind, since protobuf would lose it. */
function structOf(type: StructNode, depth: number): Arbitrary<object> {
  const key = `${type.name} ${depth}`
  let known = structs.get(key)
  if (!known) {
    const fields = [...type.fields.values()].filter((field) => field.number > 0 && canNest(field, depth))
    const members = fields.map((field): [string, Arbitrary<unknown>] => [field.name, anyOf(field.type, depth + 1)])
    known = fc.record(Object.fromEntries(members), { requiredKeys: [], noNullPrototype: true })
    structs.set(key, known)
  }
  return known
}

function canNest({ type }: FieldNode, depth: number): boolean {
  return depth < nestingMax || type.kind === 'scalar'
}

for (const info of groupVersionInfos()) {
  test(`every kind of ${info.group || 'core'}/${info.version} keeps its values in JSON, YAML and protobuf`, () => {
    for (const kind of info.kinds) {
      const type = kindType({ ...info, kind })!
      const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`
      fc.assert(
        fc.property(structOf(type, 0), (fields) => {
          const object = { kind, apiVersion, ...fields, ...(kind.endsWith('List') ? { items: [] } : {}) }
          const text = encodeJson(type, object)
          const decoded = decodeJson(type, text)
          assert.deepEqual(decoded.strictErrors, [])
          assert.equal(encodeJson(type, decoded.object), text)
          assert.equal(encodeJson(type, decodeProtobuf(encodeProtobuf(object))), text)
          const { value, duplicates } = parseYaml(encodeYaml(JSON.parse(text)))
          assert.deepEqual(duplicates, [])
          assert.equal(encodeJson(type, decodeDocument(type, { value, duplicates }).object), text)
        }),
        { numRuns: 4 },
      )
    }
  })
}

test('decodeProtobuf fails on damaged bytes with nothing but ProtobufError', () => {
  const type = kindType({ group: '', version: 'v1', kind: 'Pod' })!
  fc.assert(
    fc.property(structOf(type, 3), fc.nat(), fc.nat(255), (fields, at, byte) => {
      const bytes = Buffer.from(encodeProtobuf({ kind: 'Pod', apiVersion: 'v1', ...fields }))
      bytes[4 + (at % (bytes.length - 4))] = byte
      try {
        decodeProtobuf(bytes)
      } catch (error) {
        assert.ok(error instanceof ProtobufError, String(error))
      }
    }),
    { numRuns: 300 },
  )
})
