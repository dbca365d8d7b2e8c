/** Selecting among many objects for the first time decodes them in steps, and gives the same list. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import { TestCaller } from '../testbed/caller.ts'

test('a first list by labels is made in steps, a later one at once, and both are right', async () => {
  const caller = await TestCaller.start()
  const path = '/api/v1/namespaces/default/configmaps'
  const count = 2 * limits.decodedPerTurn + 10
  const create = (index: number) =>
    caller.call('POST', path, { metadata: { name: `c${10_000 + index}`, labels: { a: String(index % 3) } } })
  await Promise.all(Array.from({ length: count }, (_, index) => create(index)))
  const turnsOf = async (): Promise<{ turns: number; names: number }> => {
    let turns = 0
    let running = true
    const turn = (): void => {
      turns += 1
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    const { body } = await caller.get(`${path}?labelSelector=a%3D1&limit=400`)
    running = false
    return { turns, names: (body.items as unknown[]).length }
  }
  const first = await turnsOf()
  const second = await turnsOf()
  await caller.api.stop()
  assert.deepEqual([first.names, second.names], [170, 170])
  assert.ok(first.turns >= second.turns + 2, `${first.turns} turns, then ${second.turns}`)
})
