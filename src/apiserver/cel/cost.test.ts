/** Costs as upstream counts them. Source of the figures: the cost tests of cel-go and of Kubernetes' libraries. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type Binding,
  type CelType,
  Check,
  compile,
  declareStructural,
  dynType,
  type Environment,
  evaluate,
  intType,
  listType,
  mapType,
  opaqueType,
  type StructuralSchema,
  stringType,
  toCel,
} from './index.ts'

const authorizer = opaqueType('kubernetes.authorization.Authorizer')
const allowAll: [string, Binding] = ['authorizer', new Check('Authorizer', () => ({ allowed: true, reason: '' }))]

describe('estimates', () => {
  const lines = readFileSync(join(import.meta.dirname, 'testdata/costs.tsv'), 'utf8').split('\n')
  const environment = { variables: new Map([['authorizer', authorizer]]), extra: ['jsonpatch'] } as const
  test('Program.estimate is what upstream estimates', () => {
    for (const line of lines) {
      if (line === '' || line.startsWith('//')) continue
      const [expression = '', min, max] = line.split('\t')
      const compiled = compile(expression, environment)
      assert(compiled.ok, expression)
      assert.deepEqual(compiled.program.estimate, { min: Number(min), max: Number(max) }, expression)
      const evaluation = evaluate(compiled.program, [allowAll], { cost: 1_000_000 })
      // Constant parts are computed when the expression compiles, so the actual cost may lie below the estimate.
      assert(evaluation.ok && evaluation.cost <= Number(max), expression)
    }
  })

  test('Program.estimate is what upstream estimates for rules on custom resources', () => {
    let environment: Environment | undefined
    for (const line of readFileSync(join(import.meta.dirname, 'testdata/schema-costs.tsv'), 'utf8').split('\n')) {
      if (line.startsWith('# ')) {
        const properties = JSON.parse(line.slice(2)) as StructuralSchema['properties']
        const type = declareStructural({ type: 'object', properties: properties! }, { name: 'self', isResource: true })!
        environment = { variables: new Map([['self', type]]) }
      } else if (line !== '' && !line.startsWith('//')) {
        const [rule = '', cost] = line.split('\t')
        const compiled = compile(rule, environment!)
        assert(compiled.ok, rule)
        // Beyond 64 bits upstream stops counting.
        const { max } = compiled.program.estimate
        assert(max === Number(cost) || (Number(cost) > 1e15 && max > 1e15), `${rule}: ${max} is not ${cost}`)
      }
    }
  })

  const self = declareStructural(
    {
      type: 'object',
      properties: {
        n: { type: 'integer' },
        short: { type: 'string', maxLength: 10 },
        list: { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 10 } },
        open: { type: 'array', items: { type: 'string' } },
        map: { type: 'object', maxProperties: 3, additionalProperties: { type: 'string', maxLength: 10 } },
      },
    } satisfies StructuralSchema,
    { name: 'self', isResource: true },
  )!
  const cases: [expression: string, max: number][] = [
    // Upstream takes values of fixed size for empty ones.
    ['self.n == 5', 2],
    ["self.short == 'abc'", 3],
    ["self.short.startsWith('abc')", 3],
    // Five rounds of: the condition (2), the accumulator (1), the element (1), a search of 40 code points for 1 (4).
    ["self.list.all(x, x.contains('a'))", 2 + 5 * (2 + 1 + 1 + 4) + 1],
    ["self.map.all(k, self.map[k] == 'a')", 2 + 3 * (2 + 1 + 4 + 1) + 1],
  ]
  for (const [expression, max] of cases) {
    test(`Program.estimate takes sizes from the schema for ${expression}`, () => {
      const compiled = compile(expression, { variables: new Map([['self', self]]) })
      assert(compiled.ok)
      assert.equal(compiled.program.estimate.max, max)
    })
  }

  test('Program.estimate has no bound for what nothing bounds', () => {
    const compiled = compile('x.all(y, y.all(z, z == 1))', { variables: new Map([['x', dynType]]) })
    assert(compiled.ok)
    assert.equal(compiled.program.estimate.max, Number.POSITIVE_INFINITY)
  })
})

describe('actual costs', () => {
  test('evaluate charges for rules on custom resources what upstream charges', () => {
    let environment: Environment | undefined
    let self: Binding = null
    for (const line of readFileSync(join(import.meta.dirname, 'testdata/rule-costs.tsv'), 'utf8').split('\n')) {
      if (line.startsWith('# ')) {
        const { properties, object } = JSON.parse(line.slice(2)) as { properties: object; object: object }
        const schema = { type: 'object', properties } as StructuralSchema
        const type = declareStructural(schema, { name: 'self', isResource: true })!
        environment = { variables: new Map([['self', type]]) }
        self = toCel(object, type)
      } else if (line !== '' && !line.startsWith('//')) {
        const [rule = '', cost] = line.split('\t')
        const compiled = compile(rule, environment!)
        assert(compiled.ok, rule)
        const evaluation = evaluate(compiled.program, [['self', self]], { cost: 10_000_000 })
        const expected = { ok: true, value: true, cost: Number(cost) }
        assert.deepEqual(evaluation, expected, rule)
      }
    }
  })

  const strings = listType(stringType)
  const variables = new Map<string, CelType>([
    ['input', strings],
    ['i', intType],
    ['map', mapType(stringType, stringType)],
    ['text', stringType],
    ['dyn', dynType],
  ])
  const bindings: [string, Binding][] = [
    ['input', toCel(['v', 'w'], strings)],
    ['i', 1n],
    ['map', toCel({ key: 'v' })],
    ['text', 'a'.repeat(500)],
    ['dyn', toCel({ a: { b: [1, 2] } })],
  ]
  const cases: [expression: string, cost: number][] = [
    ["'Hello'", 0],
    ['input', 1],
    ['input[0]', 2],
    ['input[3-3]', 3],
    ['input[i]', 2],
    ["map['key']", 2],
    ["map['ke' + 'y']", 3],
    ['map.key', 2],
    ['has(map.key)', 1],
    ['has(dyn.a.b)', 2],
    ['dyn.a.b[0]', 4],
    ['input.all(x, true)', 2 + 2 * 3],
    ["text.matches('[0-9]')", 103],
    ['text.contains(text)', 2502],
    ["text.startsWith('idc')", 51],
    ['true || false', 0],
    ['i < 2 && i > 0', 4],
    ['i == 1 ? input : input', 2],
    ['(i > 2 ? input : input).all(y, true)', 2 + 1 + 2 * 3],
    ['size(text)', 2],
    ['i in [1, 2, 3]', 1],
    ['[1, 2, 3]', 0],
    ['[i, 2, 3]', 11],
    ["{'a': i}", 31],
    ['map.all(k, map[k] == "v")', 2 + 2 + 1 + 3],
    ['input.map(x, x).size()', 1 + 1 + 1 + 2 * (1 + 1 + 10 + 1)],
  ]
  for (const [expression, cost] of cases) {
    test(`evaluate charges ${cost} for ${expression}`, () => {
      const compiled = compile(expression, { variables })
      assert(compiled.ok, expression)
      const evaluation = evaluate(compiled.program, bindings, { cost: 1_000_000 })
      assert.deepEqual({ ok: evaluation.ok, cost: evaluation.cost }, { ok: true, cost })
    })
  }

  test('evaluate ends at the limit, and nothing makes up for it', () => {
    const compiled = compile('true || input.all(x, x == "") || input.exists(x, true)', { variables })
    assert(compiled.ok)
    assert(evaluate(compiled.program, bindings, { cost: 0 }).ok)
    const costly = compile('input.all(x, x != "") || true', { variables })
    assert(costly.ok)
    const evaluation = evaluate(costly.program, bindings, { cost: 3 })
    assert(!evaluation.ok)
    assert.equal(evaluation.message, 'operation cancelled: actual cost limit exceeded')
  })
})
