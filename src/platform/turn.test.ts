import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParts, inTurns, ownTurn, part } from './turn.ts'

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

test('ownTurn lets several go on in one turn when each does a part of a step', async () => {
  const done: string[] = []
  const ask = (share: number, name: string) => ownTurn(share).then(() => done.push(name))
  const all = Promise.all([
    ...[ask(1 / 4, 'a'), ask(1 / 2, 'b'), ask(1 / 2, 'c'), ask(1, 'd'), ask(1 / 4, 'e'), ask(1 / 4, 'f')],
  ])
  const seen: string[] = []
  while (seen.at(-1) !== 'abcdef') {
    await new Promise<void>((resolve) => setImmediate(resolve))
    seen.push(done.join(''))
  }
  await all
  assert.deepEqual(seen, ['ab', 'abc', 'abcd', 'abcdef'])
})

test('inTurns gives the result of work of any number of turns', async () => {
  function* work(rounds: number): Generator<void, number> {
    for (let round = 0; round < rounds; round++) yield
    return rounds
  }
  assert.deepEqual(await Promise.all([0, 1, 5].map((rounds) => inTurns(work(rounds)))), [0, 1, 5])
})

test('inParts makes each part once, whatever it throws, and a few of them in a turn', async () => {
  const made: number[] = []
  const refused = new Error('no')
  let starts = 0
  const work = (): number[] => {
    starts += 1
    return Array.from({ length: 50 }, (_, index) => {
      try {
        return part(1_000, () => {
          part(1_000_000, () => made.push(index))
          if (index % 2) throw refused
          return index
        })
      } catch (error) {
        if (error !== refused) throw error
        return -index
      }
    })
  }
  const both = await Promise.all([inParts(work), inParts(() => part(1, () => 'other'))])
  const expected = Array.from({ length: 50 }, (_, index) => (index % 2 ? -index : index))
  assert.deepEqual(both, [expected, 'other'])
  assert.deepEqual([made.length, starts], [50, 5])
  assert.deepEqual([work().length, made.length], [50, 100])
})
