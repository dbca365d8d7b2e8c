import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstAnswer } from './first-answer.ts'

type Asked = () => string | undefined | Promise<string | undefined>

class Refusal extends Error {}

const refuses = (message: string) => (): never => {
  throw new Refusal(message)
}
const fails = (): never => {
  throw new Error('broken')
}
const silent = (): undefined => undefined
const knows = (name: string) => (): string => name
const late =
  (asked: Asked): Asked =>
  async () =>
    asked()
const ask = (asked: readonly Asked[]) =>
  firstAnswer(
    asked,
    (each) => each(),
    (error) => error instanceof Refusal,
  )

test('firstAnswer is there at once as long as nobody has to be waited for', () => {
  assert.equal(ask([silent, refuses('no'), knows('ann'), late(knows('bob'))]), 'ann')
  assert.equal(ask([silent]), undefined)
  assert.throws(() => ask([refuses('first'), silent, refuses('second')]), { message: 'first' })
  assert.throws(() => ask([refuses('first'), fails, knows('ann')]), { message: 'broken' })
})

test('firstAnswer waits for those who have to ask, and goes on behind them', async () => {
  assert.equal(await ask([late(silent), late(refuses('no')), late(knows('bob')), knows('ann')]), 'bob')
  assert.equal(await ask([late(silent), silent]), undefined)
  await assert.rejects(async () => ask([late(refuses('first')), refuses('second'), late(silent)]), { message: 'first' })
  await assert.rejects(async () => ask([late(fails), knows('ann')]), { message: 'broken' })
})
