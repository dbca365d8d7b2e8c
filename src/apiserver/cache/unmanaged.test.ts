import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { withoutManagedFields } from './unmanaged.ts'

const entry = { manager: 'm', fieldsV1: { 'f:spec': { 'k:{"name":"c"}': {} } } }

const cut: Readonly<Record<string, object>> = {
  'before another member': { kind: 'A', metadata: { name: 'a', managedFields: [entry, entry] }, spec: {} },
  'at the very end': { kind: 'A', metadata: { name: 'a', managedFields: [entry] } },
  'before other metadata': { kind: 'A', metadata: { name: 'a', managedFields: [entry], uid: 'u' }, spec: {} },
}
for (const [where, object] of Object.entries(cut)) {
  test(`withoutManagedFields cuts them out ${where}`, () => {
    const text = JSON.stringify(object)
    assert.equal(withoutManagedFields(text), JSON.stringify(bare(object)))
  })
}

test('withoutManagedFields leaves those of a template alone, which the object itself lacks', () => {
  const text = JSON.stringify({
    metadata: { name: 'a' },
    template: { metadata: { name: 'b', managedFields: [entry] } },
  })
  assert.equal(withoutManagedFields(text), text)
})

test('withoutManagedFields gives the same object whatever names, keys and values hold', () => {
  const random = simulatedRandom('managed fields')
  const pieces = [
    '}]',
    '}]}',
    '"',
    ',',
    '\\',
    ':[',
    '{',
    '}',
    '[',
    ']',
    'a',
    '"managedFields":[{',
    ',"managedFields":[',
    'é',
  ]
  const word = (): string => Array.from({ length: random.int(6) }, () => pieces[random.int(pieces.length)]).join('')
  const fields = (depth: number): object =>
    Object.fromEntries(Array.from({ length: random.int(3) }, () => [`v:${word()}`, depth > 0 ? fields(depth - 1) : {}]))
  const entries = () =>
    Array.from({ length: random.int(4) }, () => ({ manager: word(), fieldsV1: fields(3), time: word() }))
  for (let round = 0; round < 3_000; round++) {
    const metadata = { name: word(), labels: { [word()]: word() }, managedFields: entries() }
    const more = [
      {},
      { spec: { [word()]: word() } },
      { data: word(), template: { metadata: { managedFields: entries() } } },
    ]
    const object = { kind: word(), metadata, ...more[random.int(more.length)] }
    const found = JSON.parse(withoutManagedFields(JSON.stringify(object))) as object
    assert.deepEqual(bare(found), bare(object))
  }
})

function bare(object: { metadata?: object }): object {
  const { managedFields: _, ...metadata } = (object.metadata ?? {}) as { managedFields?: unknown }
  return { ...object, metadata }
}
