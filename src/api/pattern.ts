/**
 * Regular expressions that users give (schemas, expressions, configuration), in RE2's syntax and in time linear in the
 * text: none can hold up the server. JavaScript's own engine never sees them.
 *
 * Source: https://github.com/google/re2/wiki/Syntax
 */
import { RE2JS } from 're2js'
import { limits } from '../limits.ts'

export interface Pattern {
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean
  /** Where it matches, from left to right without overlaps. */
  matches(text: string): Iterable<{ readonly start: number; readonly end: number }>
  /** Instructions of its machine: a match takes at most their product with the text's length. */
  readonly size: number
}

/** A text that is no regular expression; the message is Go's (`error parsing regexp: missing closing ]: …`). */
export class PatternError extends Error {
  override name = 'PatternError'
}

const known = new Map<string, Pattern>()
/** Lists have each item matched by the same one. */
let last: { source: string; pattern: Pattern } | undefined

/** Compiled once; the ones used last are remembered. Throws `PatternError`. */
export function compilePattern(source: string): Pattern {
  if (last?.source === source) return last.pattern
  const pattern = known.get(source) ?? compile(source)
  known.delete(source)
  known.set(source, pattern)
  if (known.size > limits.compiledPatternsMax) known.delete(known.keys().next().value ?? '')
  last = { source, pattern }
  return pattern
}

function compile(source: string): Pattern {
  try {
    const expression = RE2JS.compile(source)
    return {
      test: (text) => expression.test(text),
      *matches(text) {
        const matcher = expression.matcher(text)
        while (matcher.find()) yield { start: matcher.start(), end: matcher.end() }
      },
      size: expression.programSize(),
    }
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error))
  }
}
