/**
 * What is written out is looked at when the expression compiles: durations, timestamps, patterns; and that the elements of
 * a list or map have one type, but for what a text is formatted from.
 */
import { compilePattern } from '../../api/pattern.ts'
import { type Call, childrenOf, type Expr } from './ast.ts'
import { type Checked, type CheckIssue, unwrapped } from './checker.ts'
import { parseDuration, parseTimestamp } from './library/time-text.ts'
import { type CelType, typeName } from './types.ts'
import { sameType } from './unify.ts'
import { Timestamp } from './values.ts'

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
    if (!argument || isRight(node.name, argument.value)) continue
    issues.push({ at: argument.at, message: `invalid ${node.name} argument` })
  }
  return issues
}

/** A text, or the seconds of a timestamp. */
function isRight(name: string, value: unknown): boolean {
  if (typeof value === 'string') return succeeds(() => parsers[name]!(value))
  if (typeof value !== 'bigint' || name !== 'timestamp') return true
  return succeeds(() => new Timestamp(value * 1_000_000_000n))
}

function literalArgument({ args }: Call) {
  const last = args.at(-1)
  return last?.kind === 'literal' ? last : undefined
}

function succeeds(make: () => unknown): boolean {
  try {
    make()
    return true
  } catch {
    return false
  }
}

export function mixedTypeIssues({ expr, types }: Checked): CheckIssue[] {
  const issues: CheckIssue[] = []
  const visit = (node: Expr, formatted: boolean): void => {
    const exempt = formatted || (node.kind === 'call' && node.name === 'format')
    if (!exempt && node.kind === 'list') {
      const optional = node.elements.filter((_, index) => node.optional.has(index))
      issues.push(...firstMixed(node.elements, types, new Set(optional)))
    }
    if (!exempt && node.kind === 'map') {
      const optional = node.entries.filter((entry) => entry.optional).map(({ value }) => value)
      issues.push(
        ...firstMixed(
          node.entries.map(({ key }) => key),
          types,
          new Set(),
        ),
      )
      issues.push(
        ...firstMixed(
          node.entries.map(({ value }) => value),
          types,
          new Set(optional),
        ),
      )
    }
    for (const child of childrenOf(node)) visit(child, exempt)
  }
  visit(expr, false)
  return issues
}

function firstMixed(
  nodes: readonly Expr[],
  types: ReadonlyMap<number, CelType>,
  optional: ReadonlySet<Expr>,
): CheckIssue[] {
  const typeOf = (node: Expr) => {
    const type = types.get(node.id)!
    return optional.has(node) ? unwrapped(type)[0] : type
  }
  const [first] = nodes
  const expected = first && typeOf(first)
  const odd = nodes.find((node) => !sameType(expected!, typeOf(node)))
  if (!odd) return []
  return [{ at: odd.at, message: `expected type '${typeName(expected!)}' but found '${typeName(typeOf(odd))}'` }]
}
