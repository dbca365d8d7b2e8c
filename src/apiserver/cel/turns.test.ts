/** However an evaluation is cut into turns, it comes to the same value, error and cost. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compile, dynType, type Evaluation, evaluate, evaluateInTurns, toCel, toJson } from './index.ts'

const environment = { variables: new Map([['self', dynType]]) }
const self = {
  list: Array.from({ length: 12 }, (_, index) => ({ name: `n${index}`, value: index, tags: ['a', 'b', `t${index}`] })),
  map: { a: 1, b: 2, c: 3 },
}
const bindings = [['self', () => toCel(self, dynType)]] as const

/** Loops in every place that an expression has, and variables that are read within and before them. */
const expressions = [
  'self.list.all(x, self.list.exists(y, x.value == y.value && y.tags.exists(t, t == "b")))',
  'self.list.map(x, x.tags.filter(t, t != "a").map(t, t + x.name)).map(l, l.size())',
  'self.list.exists_one(x, x.value == 5) ? self.list.map(x, x.value) : self.list.map(x, -x.value)',
  'self.list.all(x, x.nothing == 1) || self.list.exists(x, x.value == 11)',
  'self.list.all(x, x.nothing == 1) && self.list.all(x, x.value < 100)',
  'self.list.map(x, x.value > 3, x.value + self.list.filter(y, y.value > x.value).size())',
  '{"a": self.list.map(x, x.value), "b": self.map.map(k, k)}',
  '[self.list.filter(x, x.value > 9), self.list.filter(x, x.value < 2)]',
  'self.list.filter(x, x.value > 3)[0].tags.map(t, t)',
  'self.map.all(k, v, self.list.exists(i, x, i == v && x.value == i))',
  'self.list.transformList(i, x, i > 2, x.tags.exists(t, t == "t5"))',
  'self.map.transformMap(k, v, self.list.filter(x, x.value < v).size())',
  'optional.of(self.list.map(x, x.value)).optMap(all, self.list.all(x, x.value in all) && all.all(a, a < 20)).value()',
  'self.list.map(x, optional.of(self.list.filter(y, y.value > x.value)).optMap(big, big.size() > 3 ? big.size() : big.map(b, b.name).size()).value())',
  'optional.of(self.list.filter(x, x.value > 2)).optMap(a, optional.of(a.map(x, x.value)).optMap(b, self.list.all(x, x.value < 3 || x.value in b)).value()).value()',
  'optional.of(self.list).optMap(bad, self.list.all(x, bad.map(b, b.nothing).size() > 0 || x.value >= 0)).value()',
  'self.list.all(x, self.map.a.all(y, true)) || self.list.all(x, x.value >= 0)',
  'self.list.map(x, self.list.map(y, self.list.map(z, x.value + y.value + z.value)))',
]

function shown(evaluation: Evaluation): unknown {
  return evaluation.ok ? { ...evaluation, value: toJson(evaluation.value) } : evaluation
}

function inTurns(program: Parameters<typeof evaluate>[0], turnCost: number, cost: number) {
  const evaluating = evaluateInTurns(program, bindings, { cost, turnCost })
  for (let turns = 1; ; turns++) {
    const { done, value } = evaluating.next()
    if (done) return { evaluation: value, turns }
  }
}

for (const expression of expressions) {
  test(`evaluateInTurns comes to what evaluate does: ${expression}`, () => {
    const compiled = compile(expression, environment)
    assert.ok(compiled.ok, expression)
    const { program } = compiled
    const whole = evaluate(program, bindings, { cost: 1_000_000 })
    let most = 0
    for (const turnCost of [1, 2, 7, 30, 100, 1_000_000]) {
      // Also where the cost ends it in the middle.
      for (const cost of [1_000_000, whole.cost - 1, Math.floor(whole.cost / 2)]) {
        const { evaluation, turns } = inTurns(program, turnCost, cost)
        const expected = evaluate(program, bindings, { cost })
        assert.deepEqual(shown(evaluation), shown(expected), `turns of ${turnCost}, cost ${cost}`)
        most = Math.max(most, turns)
      }
    }
    assert.ok(most > 10, `${most} turns`)
  })
}

test('evaluateInTurns comes to what evaluate does for all expressions whose cost is known', () => {
  const lines = readFileSync(join(import.meta.dirname, 'testdata/conformance.tsv'), 'utf8').split('\n')
  let compared = 0
  for (const line of lines) {
    const [expression = ''] = line.split('\t')
    if (!/\.(all|exists|existsOne|exists_one|map|filter|transform\w+|optMap|optFlatMap)\(/.test(expression)) continue
    const compiled = compile(expression, environment)
    if (!compiled.ok) continue
    compared++
    const expected = evaluate(compiled.program, bindings, { cost: 1_000_000 })
    const { evaluation } = inTurns(compiled.program, 1, 1_000_000)
    assert.equal(evaluation.cost, expected.cost, expression)
    assert.equal(evaluation.ok, expected.ok, expression)
    if (!evaluation.ok && !expected.ok) assert.equal(evaluation.message, expected.message)
  }
  assert.ok(compared > 50, String(compared))
})

test('evaluateInTurns does little between two turns, and ends at the time that it has worked', () => {
  const compiled = compile(
    'self.list.all(a, self.list.all(b, self.list.all(c, self.list.all(d, a != 5))))',
    environment,
  )
  assert.ok(compiled.ok)
  let nowMs = 0
  const budget = { cost: 1_000_000, turnCost: 1_000, nowMs: () => nowMs, deadlineMs: 10 }
  const patient = evaluateInTurns(compiled.program, bindings, budget)
  let turns = 0
  let step = patient.next()
  for (; !step.done; step = patient.next()) {
    turns++
    // Others take long; that is not its own time.
    nowMs += 1_000
  }
  assert.ok(turns > 20, String(turns))
  assert.equal(step.value.ok, true)
  const slow = evaluateInTurns(compiled.program, bindings, { ...budget, nowMs: () => nowMs++, deadlineMs: nowMs + 2 })
  let ended = slow.next()
  while (!ended.done) ended = slow.next()
  assert.deepEqual(
    { ...ended.value, cost: 0 },
    { ok: false, kind: 'budget', message: 'operation interrupted', cost: 0 },
  )
})
