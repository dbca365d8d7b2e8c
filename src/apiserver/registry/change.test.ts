/** What the server itself changes of a large object is written in several turns, and as of a small one. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../../limits.ts'
import { TestCaller } from '../testbed/caller.ts'

let api: TestCaller
before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

async function turnsOfBinding(name: string, filler: number): Promise<number> {
  const pods = '/api/v1/namespaces/default/pods'
  const annotations = { filler: 'x'.repeat(filler) }
  const pod = { metadata: { name, annotations }, spec: { containers: [{ name: 'a', image: 'x' }] } }
  assert.equal((await api.call('POST', pods, pod)).status, 201)
  let turns = 0
  let running = true
  const turn = (): void => {
    turns += 1
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  const binding = { metadata: { name }, target: { kind: 'Node', name: 'n' } }
  assert.equal((await api.call('POST', `${pods}/${name}/binding`, binding)).status, 201)
  running = false
  assert.equal((await api.call('GET', `${pods}/${name}`)).body.spec.nodeName, 'n')
  return turns
}

test('a large pod is bound in more turns than a small one', async () => {
  const small = await turnsOfBinding('small', 10)
  const large = await turnsOfBinding('large', limits.pauseFromBytes)
  assert.ok(large >= small + 3, `${small}, then ${large}`)
})
