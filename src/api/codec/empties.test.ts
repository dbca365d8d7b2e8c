import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typeByName } from '../schema/registry.ts'
import { dropEmpties, withoutOmittedEmpties } from './empties.ts'

const role = typeByName('rbac/v1.Role')
const pod = typeByName('core/v1.Pod')

test('dropEmpties takes out empty lists and maps at any depth, and leaves empty objects', () => {
  const container = { name: 'a', args: [], securityContext: {}, env: [{ name: 'b' }] }
  const object = { metadata: { labels: {}, annotations: { a: '' } }, spec: { containers: [container], volumes: [] } }
  dropEmpties(pod, object)
  assert.deepEqual(object, {
    metadata: { annotations: { a: '' } },
    spec: { containers: [{ name: 'a', securityContext: {}, env: [{ name: 'b' }] }] },
  })
})

test('dropEmpties also takes out required lists, withoutOmittedEmpties keeps them and its argument', () => {
  const object = { metadata: { labels: {} }, rules: [] }
  assert.deepEqual(withoutOmittedEmpties(role, object), { metadata: {}, rules: [] })
  assert.deepEqual(object, { metadata: { labels: {} }, rules: [] })
  const plain = { metadata: { name: 'r' }, rules: [] }
  assert.equal(withoutOmittedEmpties(role, plain), plain)
  dropEmpties(role, plain)
  assert.deepEqual(plain, { metadata: { name: 'r' } })
})
