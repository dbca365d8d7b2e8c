import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { typeByName } from '../schema/registry.ts'
import { applyPatch } from './apply.ts'
import { compareTyped } from './compare.ts'
import { entriesOf, withEntries } from './managed-fields.ts'
import { mergeTyped } from './merge.ts'
import { fieldSetOf } from './typed-value.ts'

const type = typeByName('core/v1.Pod')
const context = { type, apiVersion: 'v1', kind: 'Pod', subresource: '', now: '2026-01-01T00:00:00Z' }

// An applied empty list is owned by nobody, as upstream, as is an empty map in the end, so that these here are not empty.
const word = fc.constantFrom('a', 'b', 'c')
const port = fc.record({ containerPort: fc.constantFrom(80, 443), name: word }, { requiredKeys: ['containerPort'] })
const container = fc.record(
  {
    name: word,
    image: word,
    args: fc.array(word, { maxLength: 2 }),
    ports: fc.uniqueArray(port, { selector: ({ containerPort }) => containerPort, minLength: 1, maxLength: 2 }),
    resources: fc.record(
      { limits: fc.dictionary(word, fc.constant('1'), { minKeys: 1, maxKeys: 2 }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['name'] },
)
const pod = fc
  .record(
    {
      metadata: fc.record({
        labels: fc.dictionary(word, word, { minKeys: 1, maxKeys: 3 }),
        finalizers: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
      }),
      spec: fc.record({
        containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
      }),
    },
    { requiredKeys: [] },
  )
  .map((object) => ({ apiVersion: 'v1', kind: 'Pod', ...plain(object) }))
const steps = fc.array(fc.tuple(fc.constantFrom('m1', 'm2', 'm3'), pod), { minLength: 1, maxLength: 6 })

function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) frozen(item)
    Object.freeze(value)
  }
  return value
}

/** Without empty objects: where all below a field goes away, the field itself may become absent instead of empty. */
function dense(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dense)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, item]): [string, unknown] => [key, dense(item)])
  const kept = members.filter(([, item]) => item !== undefined)
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function content(object: object): unknown {
  return dense(withEntries(object, []))
}

test('applyPatch with force reaches what is applied, a second time changes nothing, and no input is changed', () => {
  fc.assert(
    fc.property(steps, (applied) => {
      let live: object | undefined
      for (const [manager, config] of applied) {
        const patch = frozen(config)
        const request = { ...context, patch, manager, force: true }
        live = frozen(applyPatch<object>({ ...request, live }))
        assert.deepEqual(content(mergeTyped(type, live, patch) as object), content(live))
        const again = applyPatch<object>({ ...request, live, force: false })
        assert.deepEqual(content(again), content(live))
        assert.deepEqual(entriesOf(again), entriesOf(live))
      }
    }),
  )
})

test('applyPatch leaves nothing of a manager who gives everything up alone', () => {
  fc.assert(
    fc.property(pod, (config) => {
      const request = { ...context, manager: 'm1', force: false }
      const live = applyPatch<object>({ ...request, live: undefined, patch: config })
      const bare = { apiVersion: 'v1', kind: 'Pod' }
      assert.deepEqual(plain(applyPatch<object>({ ...request, live, patch: bare })), { ...bare, metadata: {} })
    }),
  )
})

test('compareTyped finds no difference of a value to itself, and every field when there was nothing', () => {
  fc.assert(
    fc.property(pod, (object) => {
      const same = compareTyped(type, object, plain(object))
      assert.ok(same.added.empty && same.modified.empty && same.removed.empty)
      const { added, removed } = compareTyped(type, undefined, object)
      assert.ok(removed.empty)
      for (const path of fieldSetOf(type, object).paths()) assert.ok(added.has(path), path.join(' '))
    }),
  )
})
