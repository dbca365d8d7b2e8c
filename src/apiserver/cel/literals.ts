/** Durations, timestamps and patterns that are written out are looked at when the expression compiles. */
import { compilePattern } from '../../api/pattern.ts'
import type { Call, Expr } from './ast.ts'
import type { CheckIssue } from './checker.ts'
import { parseDuration, parseTimestamp } from './library/time-text.ts'

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  duration: parseDuration,
  timestamp: parseTimestamp,
  matches: compilePattern,
}

export function literalIssues(nodes: Iterable<Expr>): CheckIssue[] {
  const issues: CheckIssue[] = []
  for (const node of nodes) {
    if (node.kind !== 'call' || !Object.hasOwn(parsers, node.name)) continue
    const argument = literalArgument(node)
    if (!argument || parses(parsers[node.name]!, argument.text)) continue
    issues.push({ at: argument.at, message: `invalid ${node.name} argument` })
  }
  return issues
}

function literalArgument({ args }: Call): { at: number; text: string } | undefined {
  const last = args.at(-1)
  return last?.kind === 'literal' && typeof last.value === 'string' ? { at: last.at, text: last.value } : undefined
}

function parses(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}
