/**
 * Regular expressions, which run in linear time; a pattern whose machine is large for the text at hand is refused, since
 * a match can't be interrupted. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-regex-library
 */
import { compilePattern, type Pattern, PatternError } from '../../../api/pattern.ts'
import { limits } from '../../../limits.ts'
import { declare, type Overload } from '../functions.ts'
import type { Runtime } from '../runtime.ts'
import { CelError, Items } from '../values.ts'
import { matching } from './costs.ts'

function compiled(runtime: Runtime, source: string, text: string, prefix = 'Illegal regex: '): Pattern {
  const pattern = patternOf(source, prefix)
  const steps = pattern.size * text.length
  if (steps > limits.celPatternStepsMax)
    throw new CelError(`the regular expression is too large for a text of ${text.length} characters`)
  runtime.work(steps)
  return pattern
}

/** Throws `CelError`. */
export function patternOf(source: string, prefix = ''): Pattern {
  try {
    return compilePattern(source)
  } catch (error) {
    if (error instanceof PatternError) throw new CelError(`${prefix}${error.message}`)
    throw error
  }
}

function matches(runtime: Runtime, text: string, source: string): boolean {
  return compiled(runtime, source, text, '').test(text)
}

function find(runtime: Runtime, text: string, source: string): string {
  for (const { start, end } of compiled(runtime, source, text).matches(text)) return text.slice(start, end)
  return ''
}

/** A negative limit is none. */
function findAll(runtime: Runtime, text: string, source: string, limit = -1n): Items {
  const found: string[] = []
  for (const { start, end } of compiled(runtime, source, text).matches(text)) {
    if (limit >= 0n && BigInt(found.length) >= limit) break
    runtime.make(1)
    found.push(text.slice(start, end))
  }
  return new Items(found)
}

const oneMatch = matching()
const finding = matching(({ max }) => ({ min: 0, max }))

export const regex: readonly Overload[] = [
  declare('matches(string, string): bool', matches, oneMatch),
  declare('string.matches(string): bool', matches, oneMatch),
  declare('string.find(string): string', find, finding),
  declare('string.findAll(string): list<string>', findAll, finding),
  declare('string.findAll(string, int): list<string>', findAll, finding),
]
