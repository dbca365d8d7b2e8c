import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typeByName } from '../schema/registry.ts'
import { applyStrategicPatch } from './strategic.ts'

const pod = typeByName('core/v1.PodSpec')
const a = { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] }
const b = { name: 'b', image: 'b:1' }

const cases: [string, unknown, unknown, unknown][] = [
  [
    'merges containers by name and their environment too',
    { containers: [a, b] },
    { containers: [{ name: 'a', image: 'a:2', env: [{ name: 'Y', value: '2' }] }] },
    {
      containers: [
        {
          name: 'a',
          image: 'a:2',
          env: [
            { name: 'Y', value: '2' },
            { name: 'X', value: '1' },
          ],
        },
        b,
      ],
    },
  ],
  ['puts a new container first', { containers: [a] }, { containers: [b] }, { containers: [b, a] }],
  [
    'deletes by directive',
    { containers: [a, b] },
    { containers: [{ name: 'a', $patch: 'delete' }] },
    { containers: [b] },
  ],
  [
    'replaces a list by directive',
    { containers: [a, b] },
    { containers: [{ $patch: 'replace' }, { name: 'z', image: 'z' }] },
    { containers: [{ name: 'z', image: 'z' }] },
  ],
  [
    'orders by $setElementOrder and keeps the rest in place',
    { containers: [{ name: 's' }, a, b] },
    { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'b', image: 'b:2' }] },
    { containers: [{ name: 's' }, { name: 'b', image: 'b:2' }, a] },
  ],
  [
    'replaces an object by directive',
    { securityContext: { runAsUser: 1, fsGroup: 2 } },
    { securityContext: { $patch: 'replace', fsGroup: 3 } },
    { securityContext: { fsGroup: 3 } },
  ],
  [
    'drops a directive, and all that stands beside it, where there is nothing to replace',
    { containers: [a] },
    { securityContext: { $patch: 'replace', fsGroup: 3 }, nodeSelector: { $patch: 'delete' }, hostIPC: true },
    { containers: [a], hostIPC: true },
  ],
  [
    'replaces lists without a strategy',
    { tolerations: [{ key: 'a' }] },
    { tolerations: [{ key: 'b' }] },
    { tolerations: [{ key: 'b' }] },
  ],
  [
    'retains the named keys only',
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { volumes: [{ name: 'v', $retainKeys: ['name', 'secret'], secret: { secretName: 's' } }] },
    { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
  ],
  [
    'merges label maps and removes by null',
    { nodeSelector: { a: '1', b: '2' } },
    { nodeSelector: { a: null, c: '3' } },
    { nodeSelector: { b: '2', c: '3' } },
  ],
  [
    'drops nulls and directives from new values',
    {},
    { containers: [{ name: 'n', image: null, $retainKeys: ['name'] }] },
    { containers: [{ name: 'n' }] },
  ],
]

for (const [name, document, patch, expected] of cases) {
  test(`applyStrategicPatch ${name}`, () => {
    const before = structuredClone(document)
    assert.deepEqual(applyStrategicPatch(document, patch, pod), expected)
    assert.deepEqual(document, before)
  })
}

test('applyStrategicPatch merges and deletes from lists of scalars', () => {
  const meta = typeByName('meta/v1.ObjectMeta')
  const merged = applyStrategicPatch({ finalizers: ['a', 'b'] }, { finalizers: ['b', 'c'] }, meta)
  assert.deepEqual(merged, { finalizers: ['a', 'b', 'c'] })
  const deleted = applyStrategicPatch(merged, { '$deleteFromPrimitiveList/finalizers': ['a'] }, meta)
  assert.deepEqual(deleted, { finalizers: ['b', 'c'] })
})

test('applyStrategicPatch takes the old strategy away by retainKeys', () => {
  const spec = typeByName('apps/v1.DeploymentSpec')
  const old = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } }
  const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } }
  assert.deepEqual(applyStrategicPatch(old, patch, spec), { strategy: { type: 'Recreate' } })
})

const broken: [string, unknown, number, RegExp][] = [
  ['an element without its key', { containers: [{ image: 'x' }] }, 500, /does not contain declared merge key: name/],
  ['an unknown directive', { containers: [{ name: 'a', $patch: 'x' }] }, 500, /unknown patch type: x in map/],
  ['a contradiction to $retainKeys', { securityContext: { $retainKeys: ['a'], runAsUser: 1 } }, 422, /rejected/],
  [
    'an order that the patch breaks',
    { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] },
    500,
    /doesn't match \$setElementOrder/,
  ],
  ['a patch that is no object', [], 400, /must be an object/],
]

for (const [name, patch, code, message] of broken) {
  test(`applyStrategicPatch refuses ${name}`, () => {
    const document = { containers: [a, b], securityContext: { runAsUser: 2 } }
    assert.throws(() => applyStrategicPatch(document, patch, pod), { message, code } as object)
  })
}
