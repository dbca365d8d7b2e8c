/** What is wrong with an expression, and where, as cel-go prints it. */

export interface Issue {
  /** From 1. */
  readonly line: number
  /** From 1, in code points; 0 where there is no text at all. */
  readonly column: number
  readonly message: string
}

/** Ends parsing or checking where nothing sensible can follow. */
export class IssueError extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.name = 'IssueError'
    this.at = at
  }
}

export function issueAt(text: string, at: number, message: string): Issue {
  if (text === '') return { line: 1, column: 0, message }
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return { line, column: [...before.slice(lineStart)].length + 1, message }
}

/** Source: cel-go's default. */
const printedMax = 100
/** A longer line is not shown with what is wrong in it. Ours. */
const shownLineMax = 5_000

/** In order of position, each with the line it is about and a caret below it. */
export function printIssues(text: string, issues: readonly Issue[]): string {
  const lines = text.split('\n')
  const sorted = [...issues].sort((left, right) => left.line - right.line || left.column - right.column)
  const printed = sorted.slice(0, printedMax).map(({ line, column, message }) => {
    const place = `ERROR: <input>:${line}:${column}: ${message}`
    const shown = (lines[line - 1] ?? '').replaceAll('\t', ' ')
    return shown.length > shownLineMax || column === 0 ? place : `${place}\n | ${shown}\n | ${'.'.repeat(column - 1)}^`
  })
  if (sorted.length > printedMax) printed.push(`${sorted.length - printedMax} more errors were truncated`)
  return printed.join('\n')
}
