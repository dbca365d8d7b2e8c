/** Others have their turn while large objects are written, whatever little is said of them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../../limits.ts'
import { TestCaller } from '../testbed/caller.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
let api: TestCaller
before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

/** Turns of the event loop that pass until it is answered. */
async function turnsOf(call: () => Promise<{ status: number }>, status: number): Promise<number> {
  let turns = 0
  let running = true
  const turn = (): void => {
    turns += 1
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  assert.equal((await call()).status, status)
  running = false
  return turns
}

test('a small patch of a large object is made in steps', async () => {
  const text = 'x'.repeat(limits.pauseFromBytes)
  const turns: number[] = []
  for (const [name, data] of [
    ['small', { text: '' }],
    ['large', { text }],
  ] as const) {
    await api.call('POST', configMaps, { metadata: { name }, data })
    const contentType = 'application/merge-patch+json'
    const patch = () => api.call('PATCH', `${configMaps}/${name}`, { data: { a: 'b' } }, { contentType })
    turns.push(await turnsOf(patch, 200))
  }
  assert.ok(turns[1]! >= turns[0]! + 6, `${turns}`)
})

test('the expressions of a policy are compiled in several turns', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All'
  const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
  const policy = (count: number) => ({
    metadata: { name: 'p' },
    spec: {
      matchConstraints: { resourceRules },
      validations: Array.from({ length: count }, (_, index) => ({
        expression: `${"object.metadata.name != '' || ".repeat(120)}${index} > 0`,
      })),
    },
  })
  const few = await turnsOf(() => api.call('POST', path, policy(4)), 201)
  const many = await turnsOf(() => api.call('POST', path, policy(12)), 201)
  assert.ok(many >= few + 4, `${few}, then ${many}`)
})
