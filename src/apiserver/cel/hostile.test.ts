/** Expressions that are out to hold up the server: each ends at its budget, wherever it got to. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { limits } from '../../limits.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { type CelType, compile, dynType, evaluate, toCel, toJson } from './index.ts'

const { clock } = realPlatform()
const environment = { variables: new Map<string, CelType>([['x', dynType]]) }
const x = toCel({
  l: Array.from({ length: 100_000 }, (_, index) => index),
  s: 'a'.repeat(1_000_000),
  m: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index])),
})
/** Room for a machine with other things to do; a hole takes minutes. */
const slackMs = 1_000

function run(expression: string) {
  const compiled = compile(expression, environment)
  assert(compiled.ok, expression)
  const startMs = clock.monotonicMs()
  const budget = {
    cost: limits.celCallCostMax,
    nowMs: () => clock.monotonicMs(),
    deadlineMs: startMs + limits.celCallTimeMs,
  }
  const evaluation = evaluate(compiled.program, [['x', x]], budget)
  return { evaluation, tookMs: clock.monotonicMs() - startMs }
}

describe('hostile expressions', () => {
  const expressions = [
    'x.l.all(i, (x.l + [i])[0] == 0)',
    'x.l.all(i, ([i] + x.l)[5] == 4)',
    'x.l.map(i, x.l).size() > 0',
    'x.l.all(i, x.l.all(j, i >= 0))',
    'x.l.all(i, x.l == x.l)',
    'x.m == x.m && x.l.all(i, x.m.size() > 0)',
    'x.l.all(i, x.s.size() > 0)',
    'x.l.all(i, x.s == x.s)',
    "x.l.all(i, x.s.startsWith('a'))",
    'x.l.exists(i, i / 0 == 1)',
    'x.l.map(i, i / 0)',
    'sets.contains(x.l, x.l)',
    'x.l.distinct().size() > 0',
    'x.l.sort().size() > 0',
    'lists.range(100000000).size() > 0',
    'lists.range(900000).map(y, [y]).flatten().size() > 0',
    "x.s.matches('(a|b)*c')",
    "x.s.matches('((a{100}){10})')",
    "x.s.find('(a*)*b')",
    'x.s.replace("a", x.s).size() > 0',
    "x.s.contains('a'.replace('', 'b') + x.s)",
    "x.s.split('').size() > 0",
    "x.s.indexOf(x.s.substring(0, 500000) + 'b') > 0",
    "x.s.lastIndexOf('b' + x.s.substring(0, 500000)) > 0",
    'x.l.map(i, x.s).join().size() > 0',
    "'%s%s%s'.format([x.l, x.l, x.m]).size() > 0",
    'x.l.transformMap(i, v, x.s).size() > 0',
    '[[[[[[[[x.l]]]]]]]].flatten(100).size() > 0',
  ]
  for (const expression of expressions) {
    test(`evaluate comes back in time from ${expression}`, () => {
      const { evaluation, tookMs } = run(expression)
      assert(tookMs < limits.celCallTimeMs + slackMs, `it took ${Math.round(tookMs)} ms`)
      assert(evaluation.ok || evaluation.kind === 'budget' || evaluation.message !== '')
    })
  }

  const texts: [name: string, text: string][] = [
    ['deep lists', '['.repeat(90_000)],
    ['deep parentheses', '('.repeat(90_000)],
    ['many signs', `${'!'.repeat(90_000)}true`],
    ['a long sum', Array.from({ length: 40_000 }, () => '1').join('+')],
    ['long conjunctions', Array.from({ length: 15_000 }, () => '[]==[]').join('&&')],
    ['many empty lists', `[${Array.from({ length: 30_000 }, () => '[]').join(',')}]`],
    ['many mistakes', Array.from({ length: 20_000 }, () => 'a').join('||')],
    ['a long chain', `x${'.a'.repeat(40_000)}`],
    ['nested loops', `${'x.all(y, '.repeat(200)}true${')'.repeat(200)}`],
    ['many conditions', `${'true ? 1 : '.repeat(8_000)}1`],
    ['too long a text', `'${'a'.repeat(200_000)}'`],
  ]
  for (const [name, text] of texts) {
    test(`compile comes back in time from ${name}`, () => {
      const startMs = clock.monotonicMs()
      const compiled = compile(text, environment)
      assert(clock.monotonicMs() - startMs < 5_000 + slackMs)
      assert(compiled.ok || compiled.message.length < 1_000_000)
    })
  }

  test('toJson keeps a key that names the prototype as an entry', () => {
    const compiled = compile("{'__proto__': {'polluted': true}}", environment)
    assert(compiled.ok)
    const evaluation = evaluate(compiled.program, [['x', x]], { cost: 1_000 })
    assert(evaluation.ok)
    const json = toJson(evaluation.value) as object
    assert.deepEqual(Object.keys(json), ['__proto__'])
    assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  })

  test('evaluate sees no properties that JSON does not have', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const compiled = compile(`has(x.${name})`, environment)
      assert(compiled.ok)
      const evaluation = evaluate(compiled.program, [['x', toCel({})]], { cost: 1_000 })
      assert(evaluation.ok && evaluation.value === false, name)
    }
  })
})
