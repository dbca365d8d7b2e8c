/**
 * Formats that are written out, with arguments that are: whether each clause suits its argument, and whether there are
 * as many. Source: https://pkg.go.dev/github.com/google/cel-go/ext#StringsValidateFormatCalls
 */
import type { Call, Expr, ListExpr } from './ast.ts'
import type { Checked, CheckIssue } from './checker.ts'
import { type Clause, clausesOf, formatting, mismatch, type Verb } from './library/format-clauses.ts'
import type { CelType } from './types.ts'
import { CelError, nameOfDeclared } from './values.ts'

export function formatIssues(nodes: Iterable<Expr>, { types }: Checked): CheckIssue[] {
  const issues: CheckIssue[] = []
  for (const node of nodes) {
    const written = writtenFormat(node)
    const issue = written && issueOf(written, (expr) => types.get(expr.id)!)
    if (issue) issues.push(issue)
  }
  return issues
}

interface WrittenFormat {
  readonly call: Call
  readonly template: string
  readonly args: ListExpr
}

function writtenFormat(node: Expr): WrittenFormat | undefined {
  if (node.kind !== 'call' || node.name !== 'format' || node.target?.kind !== 'literal') return undefined
  const [args, ...more] = node.args
  const template = node.target.value
  if (typeof template !== 'string' || args?.kind !== 'list' || more.length > 0) return undefined
  return { call: node, template, args }
}

function issueOf({ call, template, args }: WrittenFormat, typeOf: (expr: Expr) => CelType): CheckIssue | undefined {
  let used = 0
  try {
    for (const part of clausesOf(template, args.elements.length)) {
      if (typeof part === 'string') continue
      used++
      const issue = unsuited(part, args.elements[part.index]!, typeOf)
      if (issue) return issue
    }
  } catch (error) {
    if (error instanceof CelError) return { at: call.at, message: error.message }
    throw error
  }
  const given = args.elements.length
  if (given <= used) return undefined
  return { at: call.at, message: `too many arguments supplied to string.format (expected ${used}, got ${given})` }
}

const kinds: Readonly<Record<Verb, readonly CelType['kind'][]>> = {
  s: 'list map int uint double bool string timestamp bytes duration type null'.split(' ') as CelType['kind'][],
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
}

function unsuited({ verb }: Clause, expr: Expr, typeOf: (expr: Expr) => CelType): CheckIssue | undefined {
  const suits = (type: CelType) => type.kind === 'dyn' || kinds[verb].includes(type.kind)
  const bad = verb === 's' ? firstBad(expr, (part) => suits(typeOf(part))) : suits(typeOf(expr)) ? undefined : expr
  if (!bad) return undefined
  return { at: bad.at, message: `${formatting}: ${mismatch(verb, nameOfDeclared(typeOf(bad)))}` }
}

/** Itself, or what is written inside it. */
function firstBad(expr: Expr, suits: (expr: Expr) => boolean): Expr | undefined {
  if (!suits(expr)) return expr
  const parts = expr.kind === 'list' ? expr.elements : expr.kind === 'map' ? expr.entries.flatMap(keyAndValue) : []
  for (const part of parts) {
    const bad = firstBad(part, suits)
    if (bad) return bad
  }
  return undefined
}

function keyAndValue({ key, value }: { key: Expr; value: Expr }): Expr[] {
  return [key, value]
}
