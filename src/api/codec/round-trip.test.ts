/** Every kind of the schema, with random values, through all three forms. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { groupVersionInfos, kindType } from '../schema/registry.ts'
import type { FieldNode, ScalarNode, StructNode, TypeNode } from '../schema/type-node.ts'
import { decodeDocument, decodeJson, encodeJson } from './json.ts'
import { decodeProtobuf, encodeProtobuf, ProtobufError } from './protobuf.ts'
import { parseYaml } from './yaml.ts'
import { encodeYaml } from './yaml-write.ts'

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

/** Fields that were part of an object, as `type.field`. */
const covered = new Set<string>()
const fieldsPerObjectMax = 150
const random = simulatedRandom('round trips')

/** Random objects of one type. Fields that no object had yet, and the ways to them, come first; of the others a few. */
class Maker {
  readonly #leading = new Map<StructNode, boolean>()
  #left = fieldsPerObjectMax

  /** Objects within objects say no kind, since protobuf would lose it. */
  struct(type: StructNode, depth = 0): object {
    const members: [string, unknown][] = []
    for (const field of fieldsOf(type)) {
      const wanted = this.#isNew(type, field) || random.float() < 0.1
      if (!wanted || this.#left <= 0 || !canNest(field, depth)) continue
      this.#left--
      covered.add(`${type.name}.${field.name}`)
      members.push([field.name, this.#value(field.type, depth + 1)])
    }
    return Object.fromEntries(members)
  }

  #value(type: TypeNode, depth: number): unknown {
    if (type.kind === 'struct') return this.struct(type, depth)
    const several = Array.from({ length: 1 + random.int(2) })
    if (type.kind === 'list') return several.map(() => this.#value(type.element, depth))
    if (type.kind === 'map') {
      return Object.fromEntries(several.map(() => [pick(keys), this.#value(type.value, depth)]))
    }
    const arbitrary = type.alternative ? alternatives[type.alternative] : scalars[type.scalar]
    return fc.sample(arbitrary, { numRuns: 1, seed: random.int(2 ** 31) })[0]
  }

  #isNew(type: StructNode, field: FieldNode): boolean {
    return !covered.has(`${type.name}.${field.name}`) || this.#leads(field.type)
  }

  /** Whether there was something new within, when this object was begun. */
  #leads(type: TypeNode): boolean {
    if (type.kind === 'list') return this.#leads(type.element)
    if (type.kind === 'map') return this.#leads(type.value)
    if (type.kind === 'scalar') return false
    const known = this.#leading.get(type)
    if (known !== undefined) return known
    this.#leading.set(type, false)
    const leads = fieldsOf(type).some((field) => this.#isNew(type, field))
    this.#leading.set(type, leads)
    return leads
  }
}

const keys = ['a', 'b/c', 'é', '__proto__', 'constructor'] as const

function pick<T>(values: readonly [T, ...T[]]): T {
  return values[random.int(values.length)] ?? values[0]
}

function fieldsOf(type: StructNode): FieldNode[] {
  return [...type.fields.values()].filter(({ number }) => number > 0)
}

function canNest({ type }: FieldNode, depth: number): boolean {
  return depth < nestingMax || type.kind === 'scalar'
}

function check(type: StructNode, object: object): void {
  const text = encodeJson(type, object)
  const decoded = decodeJson(type, text)
  assert.deepEqual(decoded.strictErrors, [])
  assert.equal(encodeJson(type, decoded.object), text)
  assert.equal(encodeJson(type, decodeProtobuf(encodeProtobuf(object))), text)
  const { value, duplicates } = parseYaml(encodeYaml(JSON.parse(text)))
  assert.deepEqual(duplicates, [])
  assert.equal(encodeJson(type, decodeDocument(type, { value, duplicates }).object), text)
}

for (const info of groupVersionInfos()) {
  test(`every kind of ${info.group || 'core'}/${info.version} keeps its values in JSON, YAML and protobuf`, () => {
    for (const kind of info.kinds) {
      const type = kindType({ ...info, kind })!
      const apiVersion = info.group === '' ? info.version : `${info.group}/${info.version}`
      // One more when nothing is new, so that every kind has its turn.
      for (let before = -1; before < covered.size; ) {
        before = covered.size
        const fields = new Maker().struct(type)
        check(type, { kind, apiVersion, ...fields, ...(kind.endsWith('List') ? { items: [] } : {}) })
      }
    }
  })
}

test('every field of every type was part of a round trip', () => {
  const seen = new Set<StructNode>()
  const visit = (type: TypeNode): void => {
    if (type.kind === 'list') return visit(type.element)
    if (type.kind === 'map') return visit(type.value)
    if (type.kind === 'scalar' || seen.has(type)) return
    seen.add(type)
    for (const field of fieldsOf(type)) visit(field.type)
  }
  for (const info of groupVersionInfos()) for (const kind of info.kinds) visit(kindType({ ...info, kind })!)
  const all = [...seen].flatMap((type) => fieldsOf(type).map((field) => `${type.name}.${field.name}`))
  assert.ok(all.length > 2_000, `${all.length} fields`)
  assert.deepEqual(
    all.filter((name) => !covered.has(name)),
    [],
  )
})

test('decodeProtobuf fails on damaged bytes with nothing but ProtobufError', () => {
  const type = kindType({ group: '', version: 'v1', kind: 'Pod' })!
  fc.assert(
    fc.property(fc.nat(), fc.nat(255), (at, byte) => {
      const fields = new Maker().struct(type)
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
