/** A long expression is compiled, and what it may cost estimated, in several turns. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import { inParts } from '../../platform/turn.ts'
import { turnsDuring } from '../testbed/turns.ts'
import { compile } from './index.ts'

const environment = { variables: new Map() } as const

test('a long expression takes a turn for each step of its compilation', async () => {
  const terms = Math.floor(limits.celExpressionCodePointsMax / 2) - 10
  const long = `[${'1,'.repeat(terms)}1].size() > 1`
  const compiled = (expression: string) => () => {
    const result = compile(expression, environment)
    assert.ok(result.ok)
    return result.program.estimate.max
  }
  const short = await turnsDuring(() => inParts(compiled('1 + 1 > 1')))
  const { result, turns } = await turnsDuring(() => inParts(compiled(long)))
  assert.ok(turns >= short.turns + 3, `${short.turns}, then ${turns}`)
  assert.equal((await turnsDuring(() => inParts(compiled(long)))).turns, short.turns)
  assert.equal(result, compiled(long)())
})
