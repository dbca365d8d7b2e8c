/** Keys that mean something to JavaScript are keys like any other, wherever users may write them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { applyMergePatch } from '../../src/api/patch/merge-patch.ts'
import { TestCaller } from '../../src/apiserver/testbed/caller.ts'
import { holds } from './opened.ts'

let caller: TestCaller
before(async () => {
  caller = await TestCaller.start()
  await caller.call('POST', configMaps, { metadata: { name: 'base' }, data: { a: 'b' } })
})
after(() => caller.api.stop())

const configMaps = '/api/v1/namespaces/default/configmaps'
const known = new Set(Object.getOwnPropertyNames(Object.prototype))

/** What was added to what all objects share; taken away again. */
function polluted(): string[] {
  const prototype = Object.prototype as unknown as Record<string, unknown>
  const added = Object.getOwnPropertyNames(prototype).filter((name) => !known.has(name))
  for (const name of added) delete prototype[name]
  return added
}

type Merge = (target: unknown, patch: unknown) => unknown

/** The hole: how it is written when nobody thinks of it. */
const careless: Merge = (target, patch) => {
  const result = target as Record<string, unknown>
  for (const [key, value] of Object.entries(patch as object)) {
    const below = result[key] ?? {}
    if (typeof value === 'object' && value !== null) careless(below, value)
    if (!(key in result)) result[key] = typeof value === 'object' ? below : value
  }
  return result
}

test('a merge patch cannot reach the prototype of all objects', async () => {
  const succeeds = async (merge: Merge) => {
    for (const text of ['{"__proto__":{"isAdmin":true}}', '{"constructor":{"prototype":{"isAdmin":true}}}'])
      merge({}, JSON.parse(text))
    return polluted().length > 0
  }
  await holds(succeeds, { closed: applyMergePatch, opened: careless })
})

const hostile =
  '{"__proto__":{"isAdmin":"yes"},"constructor":{"prototype":{"isAdmin":"yes"}},"prototype":{"isAdmin":"yes"}}'
const bodies: [name: string, contentType: string, text: string][] = [
  ['metadata', 'application/merge-patch+json', `{"metadata":${hostile}}`],
  ['data', 'application/merge-patch+json', '{"data":{"__proto__":"x","constructor":"y","toString":"z"}}'],
  ['labels', 'application/merge-patch+json', '{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}'],
  ['strategic', 'application/strategic-merge-patch+json', `{"metadata":${hostile},"__proto__":{"isAdmin":"yes"}}`],
  ['add', 'application/json-patch+json', '[{"op":"add","path":"/__proto__/isAdmin","value":"yes"}]'],
  ['add deep', 'application/json-patch+json', '[{"op":"add","path":"/constructor/prototype/isAdmin","value":"yes"}]'],
  ['copy', 'application/json-patch+json', '[{"op":"copy","from":"/data","path":"/__proto__/isAdmin"}]'],
  [
    'apply',
    'application/apply-patch+yaml',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {__proto__: x, constructor: z}`,
  ],
]

for (const [name, contentType, text] of bodies) {
  test(`a patch of ${name} pollutes nothing`, async () => {
    const query = contentType.includes('apply') ? '?fieldManager=m&force=true' : ''
    const { status } = await caller.call('PATCH', `${configMaps}/base${query}`, text, { contentType })
    assert.ok(status < 500, String(status))
    assert.deepEqual(polluted(), [])
    assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined)
  })
}

test('bodies, selectors and queries pollute nothing', async () => {
  for (const [contentType, text] of [
    [
      'application/json',
      `{"metadata":{"name":"x","labels":{"__proto__":"a"}},"__proto__":{"isAdmin":true},"data":{"__proto__":"x"}}`,
    ],
    [
      'application/yaml',
      'metadata: {name: y, __proto__: {isAdmin: true}}\n__proto__: {isAdmin: true}\n"constructor": {prototype: {isAdmin: true}}',
    ],
  ] as const) {
    const { status } = await caller.call('POST', configMaps, text, { contentType })
    assert.ok(status < 500, String(status))
  }
  for (const query of [
    'labelSelector=__proto__%3Da',
    'fieldSelector=__proto__%3Da',
    '__proto__=a&constructor=b',
    'limit=1&__proto__[isAdmin]=1',
  ]) {
    const { status } = await caller.get(`${configMaps}?${query}`)
    assert.ok(status < 500, `${query}: ${status}`)
  }
  for (const path of [
    '/api/v1/__proto__',
    '/apis/__proto__/constructor/toString',
    '/api/v1/namespaces/__proto__/configmaps/constructor',
  ])
    assert.ok((await caller.get(path)).status < 500, path)
  assert.deepEqual(polluted(), [])
})

test('what such keys hold is kept as data', async () => {
  await caller.call('POST', configMaps, '{"metadata":{"name":"kept"},"data":{"__proto__":"x","constructor":"y"}}')
  const { body } = await caller.get(`${configMaps}/kept`)
  assert.deepEqual(Object.entries(body.data).sort(), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})
