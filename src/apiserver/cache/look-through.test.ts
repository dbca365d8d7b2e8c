/** Selecting among many objects for the first time decodes them in steps, and gives the list that it says it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import type { Write } from '../../store/store.ts'
import { TestCaller } from '../testbed/caller.ts'
import { turnsDuring } from '../testbed/turns.ts'

const path = '/api/v1/namespaces/default/configmaps'
const keyOf = (index: number): string => `/registry/configmaps/default/c${10_000 + index}`

/** A server with so many ConfigMaps. `labelOf`: of their label `a`. */
async function serverWith(count: number, labelOf: (index: number) => string) {
  const caller = await TestCaller.start()
  await caller.call('POST', path, { metadata: { name: 'c10000', labels: { a: labelOf(0) } } })
  const { item } = await caller.api.store.get(keyOf(0))
  const written = Buffer.from(item!.value).toString()
  const put = (index: number): Write => {
    const text = written.replaceAll('c10000', `c${10_000 + index}`).replace(/"a":"\d"/, `"a":"${labelOf(index)}"`)
    return { op: 'put', key: keyOf(index), value: Buffer.from(text) }
  }
  await Promise.all(Array.from({ length: count - 1 }, (_, index) => caller.api.store.commit([put(index + 1)])))
  return { caller, put }
}

/** Turns of the event loop that pass until the list is there. */
async function turnsOf(caller: TestCaller, query: string) {
  const { result, turns } = await turnsDuring(() => caller.get(`${path}?labelSelector=a%3D1${query}`))
  const { body } = result
  return { turns, names: namesIn(body), continue: body.metadata.continue as string }
}

function namesIn(list: { items: { metadata: { name: string } }[] }): string[] {
  return list.items.map(({ metadata }) => metadata.name)
}

test('a first list by labels is made in steps, a later one at once, and both are right', async () => {
  const { caller } = await serverWith(2 * limits.decodedPerTurn + 10, (index) => String(index % 3))
  const first = await turnsOf(caller, '&limit=400')
  const second = await turnsOf(caller, '&limit=400')
  await caller.api.stop()
  assert.deepEqual([first.names.length, second.names.length], [170, 170])
  assert.ok(first.turns >= second.turns + 2, `${first.turns} turns, then ${second.turns}`)
})

test('a later page is made in steps up to the object that says whether there are more', async () => {
  const last = 4 * limits.decodedPerTurn
  const { caller } = await serverWith(last + 1, (index) => (index < 2 || index === last ? '1' : '0'))
  const first = await turnsOf(caller, '&limit=1')
  const second = await turnsOf(caller, `&limit=1&continue=${first.continue}`)
  await caller.api.stop()
  assert.deepEqual([first.names, second.names], [['c10000'], ['c10001']])
  assert.ok(second.turns >= first.turns + 3, `${first.turns} turns, then ${second.turns}`)
})

test('what is written while a later page is made does not stand on it', async () => {
  const count = 8 * limits.decodedPerTurn
  const { caller, put } = await serverWith(count, (index) => (index < 2 || index === count ? '1' : '0'))
  const first = await turnsOf(caller, '&limit=1')
  const later = caller.get(`${path}?labelSelector=a%3D1&continue=${first.continue}`)
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  await caller.api.store.commit([put(count)])
  const { body } = await later
  await caller.api.stop()
  assert.deepEqual(namesIn(body), ['c10001'])
})
