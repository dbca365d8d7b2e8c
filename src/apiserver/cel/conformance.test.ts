/** The CEL conformance texts. Source of the cases: https://github.com/google/cel-spec/tree/master/tests/simple/testdata */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { equal } from './compare.ts'
import { typeOf } from './functions.ts'
import { type Binding, type CelType, compile, evaluate, nameOfType, type Value } from './index.ts'
import { TypeValue } from './values.ts'

interface Case {
  readonly expression: string
  readonly expected: string
  readonly variables: readonly string[]
}

function readCases(): Map<string, Case[]> {
  const sections = new Map<string, Case[]>()
  let current: Case[] = []
  for (const line of readFileSync(join(import.meta.dirname, 'testdata/conformance.tsv'), 'utf8').split('\n')) {
    if (line.startsWith('# ')) {
      current = []
      sections.set(line.slice(2), current)
    } else if (line !== '' && !line.startsWith('//')) {
      const [first = '', expected = '', ...variables] = line.split('\t')
      current.push({ expression: first.startsWith('@') ? JSON.parse(first.slice(1)) : first, expected, variables })
    }
  }
  return sections
}

const budget = { cost: 1_000_000 }
const noVariables = { variables: new Map<string, CelType>() }

function valueOfExpected(text: string): Value {
  if (text.startsWith('type:')) return new TypeValue(text.slice('type:'.length))
  const compiled = compile(text, noVariables)
  assert(compiled.ok, text)
  const evaluation = evaluate(compiled.program, [], budget)
  assert(evaluation.ok, text)
  return evaluation.value
}

function run({ expression, variables }: Case): Value | { error: string } {
  const types = new Map<string, CelType>()
  const bindings: [string, Binding][] = []
  for (const variable of variables) {
    const [, name = '', type = '', value] = /^([\w.]+): ([^=]+?)(?: = (.*))?$/s.exec(variable) ?? []
    types.set(name, typeOf(type))
    if (value !== undefined) bindings.push([name, valueOfExpected(value)])
  }
  const compiled = compile(expression, { variables: types })
  if (!compiled.ok) return { error: compiled.issues[0]?.message ?? compiled.message }
  const evaluation = evaluate(compiled.program, bindings, budget)
  return evaluation.ok ? evaluation.value : { error: evaluation.message }
}

function agrees(got: Value, expected: Value): boolean {
  if (nameOfType(got) !== nameOfType(expected)) return false
  return equal(got, expected) || (Number.isNaN(got) && Number.isNaN(expected))
}

describe('conformance', () => {
  for (const [section, cases] of readCases()) {
    test(`compile and evaluate agree with the texts on ${section}`, () => {
      for (const one of cases) {
        const got = run(one)
        const failed = typeof got === 'object' && got !== null && 'error' in got && typeof got.error === 'string'
        if (one.expected.startsWith('!')) {
          assert(failed, `${one.expression} has a value`)
          if (section === 'what_kubernetes_says') assert.equal(got.error, one.expected.slice(1), one.expression)
        } else {
          assert(!failed, `${one.expression}: ${failed ? got.error : ''}`)
          assert(agrees(got as Value, valueOfExpected(one.expected)), `${one.expression} is not ${one.expected}`)
        }
      }
    })
  }
})
