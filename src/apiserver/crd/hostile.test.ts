/** Definitions and objects made to cost, to block or to confuse: they are refused, or answered soon. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JSONSchemaProps } from '../../api/types/apiextensions/v1.ts'
import { TestCaller } from '../testbed/caller.ts'
import { turnsDuring } from '../testbed/turns.ts'
import { definitionOf, definitionsPath, serve } from './testbed/definitions.ts'

let caller: TestCaller
before(async () => {
  caller = await TestCaller.start({ namespaces: ['one'] })
})
after(() => caller.api.stop())

const plainObject = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({ type: 'object', properties })

function pathOf(kind: string): string {
  return `/apis/example.com/v1/namespaces/one/${kind.toLowerCase()}s`
}

function create(kind: string, spec: unknown) {
  const object = { apiVersion: 'example.com/v1', kind, metadata: { name: 'a' }, spec }
  return caller.call('POST', pathOf(kind), object)
}

/** Fails when the event loop is held longer than any request may. */
async function soon<T>(work: () => Promise<T>, ms: number): Promise<T> {
  const startMs = performance.now()
  const result = await work()
  const tookMs = performance.now() - startMs
  assert.ok(tookMs < ms, `took ${Math.round(tookMs)} ms`)
  return result
}

test('schemas deeper than any object are refused, and deep ones are served', async () => {
  const deep = (levels: number): JSONSchemaProps =>
    levels === 0 ? { type: 'string' } : plainObject({ a: deep(levels - 1) })
  const text = JSON.stringify(definitionOf({ kind: 'Abyss', properties: { a: { description: 'here' } } }))
  const levels = `${'{"type":"object","properties":{"a":'.repeat(6000)}{"type":"string"}${'}}'.repeat(6000)}`
  const abyss = new TextEncoder().encode(text.replace('{"description":"here"}', levels))
  const tooDeep = await caller.call('POST', definitionsPath, abyss)
  assert.ok(tooDeep.status >= 400 && tooDeep.status < 500, JSON.stringify(tooDeep.body).slice(0, 300))
  await serve(caller, definitionOf({ kind: 'Deep', properties: { a: deep(30) } }))
  let spec: object = { a: 'x' }
  for (let level = 0; level < 29; level++) spec = { a: spec }
  assert.equal((await create('Deep', { a: spec })).status, 201)
  assert.equal((await caller.get('/openapi/v3/apis/example.com/v1')).status, 200)
})

test('a huge enumeration costs as little as a small one', async () => {
  const values = Array.from({ length: 20_000 }, (_, index) => `value${index}`)
  const color = { type: 'string', enum: values }
  await serve(caller, definitionOf({ kind: 'Enumerated', properties: { list: { type: 'array', items: color } } }))
  const list = Array.from({ length: 20_000 }, () => 'value19999')
  const { status } = await soon(() => create('Enumerated', { list }), 2000)
  assert.equal(status, 201)
})

test('patterns that make other engines try for ever are matched in linear time', async () => {
  const name = { type: 'string', pattern: '^(a+)+$' }
  await serve(caller, definitionOf({ kind: 'Pattern', properties: { name } }))
  const { status } = await soon(() => create('Pattern', { name: `${'a'.repeat(100_000)}!` }), 3000)
  assert.equal(status, 422)
})

test('alternatives within alternatives end at a budget', async () => {
  const branch = (levels: number): JSONSchemaProps =>
    levels === 0 ? { required: ['never'] } : { anyOf: Array.from({ length: 6 }, () => branch(levels - 1)) }
  const item = { ...plainObject({ never: { type: 'string' } }), ...branch(5) }
  await serve(caller, definitionOf({ kind: 'Branching', properties: { list: { type: 'array', items: item } } }))
  const list = Array.from({ length: 5000 }, () => ({}))
  const { status } = await soon(() => create('Branching', { list }), 3000)
  assert.equal(status, 422)
})

test('names that mean something to JavaScript are names like any other', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const properties: Record<string, JSONSchemaProps> = JSON.parse(
    `{${names.map((name) => `"${name}":{"type":"string","default":"set"}`).join()}}`,
  )
  await serve(caller, definitionOf({ kind: 'Odd', properties }))
  const text = `{"apiVersion":"example.com/v1","kind":"Odd","metadata":{"name":"a"},"spec":{"__proto__":"mine"}}`
  const { status, body } = await caller.call('POST', pathOf('Odd'), new TextEncoder().encode(text))
  assert.equal(status, 201, JSON.stringify(body))
  const read = await caller.bytes(`${pathOf('Odd')}/a`, 'application/json')
  const spec = JSON.stringify(JSON.parse(Buffer.from(read.body).toString()).spec)
  assert.deepEqual(
    Object.fromEntries(Object.entries(JSON.parse(spec)).sort()),
    JSON.parse('{"__proto__":"mine","constructor":"set","hasOwnProperty":"set","toString":"set"}'),
  )
  assert.equal(({} as Record<string, unknown>).mine, undefined)
  const wrong = text.replace('"mine"', '{"polluted":true}').replace('"a"', '"b"')
  assert.equal((await caller.call('POST', pathOf('Odd'), new TextEncoder().encode(wrong))).status, 422)
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

test('unknown fields with such names are pruned and touch nothing', async () => {
  await serve(caller, definitionOf({ kind: 'Pruned', properties: { a: { type: 'string' } } }))
  const text = `{"apiVersion":"example.com/v1","kind":"Pruned","metadata":{"name":"a"},"spec":{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}},"a":"y"}}`
  const { status, body } = await caller.call('POST', pathOf('Pruned'), new TextEncoder().encode(text))
  assert.equal(status, 201)
  assert.deepEqual(Object.keys(body.spec), ['a'])
  const patch = new TextEncoder().encode('{"spec":{"__proto__":{"x":1}}}')
  const patched = await caller.call('PATCH', `${pathOf('Pruned')}/a`, patch, {
    contentType: 'application/merge-patch+json',
  })
  assert.equal(patched.status, 200)
  assert.equal(({} as Record<string, unknown>).x, undefined)
})

test('an object full of faults is refused with as many as are worth reading', async () => {
  const list: JSONSchemaProps = { type: 'array', items: { type: 'string', maxLength: 1 } }
  await serve(caller, definitionOf({ kind: 'Faulty', properties: { list } }))
  const { status, body } = await soon(
    () => create('Faulty', { list: Array.from({ length: 20_000 }, () => 'xx') }),
    3000,
  )
  assert.equal(status, 422)
  assert.ok(body.details.causes.length < 2000)
  assert.ok(JSON.stringify(body).length < 1_000_000)
})

test('rules that take long let others have their turn', async () => {
  const rule = 'self.all(a, self.all(b, a + b >= 0))'
  const list: JSONSchemaProps = {
    ...{ type: 'array', maxItems: 400, items: { type: 'integer' } },
    'x-kubernetes-validations': [{ rule, message: 'no' }],
  }
  await serve(caller, definitionOf({ kind: 'Slow', properties: { one: list, two: list } }))
  const items = Array.from({ length: 300 }, (_, index) => index)
  const { result, turns } = await turnsDuring(() => create('Slow', { one: items, two: items }))
  assert.equal(result.status, 201, JSON.stringify(result.body))
  assert.ok(turns > 15, `${turns} turns`)
})
