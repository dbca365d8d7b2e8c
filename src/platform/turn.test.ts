import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns, ownTurn } from './turn.ts'

test('ownTurn lets one of many go on in each turn, in the order of asking, however much they do', async () => {
  const done: string[] = []
  let turn = 0
  let running = true
  const count = (): void => {
    turn += 1
    if (running) setImmediate(count)
  }
  setImmediate(count)
  const turns: number[] = []
  const work = async (name: string): Promise<void> => {
    for (let step = 0; step < 3; step++) {
      await ownTurn()
      done.push(name)
      turns.push(turn)
    }
  }
  await Promise.all(['a', 'b', 'c', 'd'].map(work))
  running = false
  assert.equal(done.join(''), 'abcdabcdabcd')
  assert.equal(new Set(turns).size, turns.length, `two steps in one turn: ${turns}`)
})

test('inTurns gives the result of work of any number of turns', async () => {
  function* work(rounds: number): Generator<void, number> {
    for (let round = 0; round < rounds; round++) yield
    return rounds
  }
  assert.deepEqual(await Promise.all([0, 1, 5].map((rounds) => inTurns(work(rounds)))), [0, 1, 5])
})
