/**
 * Keeps files and functions readable: hard limits on length, an opening that says what a file is for, and nothing in it
 * that belongs to one machine. What was over a limit when it was listed stands in `tidy-exceptions.json` with its size
 * and may only shrink.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type FunctionSpan, functionSpans, sourceFiles } from '../tools/source-tree.ts'

const fileLinesMax = 500
const functionLinesMax = 70

const exceptions: Record<string, number> = JSON.parse(
  readFileSync(new URL('./tidy-exceptions.json', import.meta.url), 'utf8'),
)

test('source files stay under the hard length limit', () => {
  const offenders: string[] = []
  for (const file of sourceFiles(['src', 'tools', 'test', 'bench'])) {
    const allowed = exceptions[file.path] ?? fileLinesMax
    if (file.lines.length > allowed) offenders.push(`${file.path}: ${file.lines.length} lines, allowed ${allowed}`)
  }
  assert.deepEqual(offenders, [])
})

test('functions stay under the hard length limit', () => {
  const offenders: string[] = []
  for (const file of sourceFiles(['src', 'tools', 'bench'])) {
    for (const span of functionSpans(file)) {
      const allowed = exceptions[`${file.path}#${span.name}`] ?? functionLinesMax
      if (lengthOf(span) > allowed) {
        offenders.push(`${file.path}:${span.firstLine} ${span.name}: ${lengthOf(span)} lines, allowed ${allowed}`)
      }
    }
  }
  assert.deepEqual(offenders, [])
})

test('every listed exception is still needed', () => {
  const sizes = new Map<string, number>()
  for (const file of sourceFiles(['src', 'tools', 'test', 'bench'])) {
    sizes.set(file.path, file.lines.length)
    for (const span of functionSpans(file)) {
      const key = `${file.path}#${span.name}`
      sizes.set(key, Math.max(sizes.get(key) ?? 0, lengthOf(span)))
    }
  }
  const stale: string[] = []
  for (const [key, allowed] of Object.entries(exceptions)) {
    const size = sizes.get(key) ?? 0
    const max = key.includes('#') ? functionLinesMax : fileLinesMax
    if (size <= max) stale.push(`${key}: ${size} lines, remove it from the list`)
    else if (size < allowed) stale.push(`${key}: shrank to ${size}, lower its entry from ${allowed}`)
  }
  assert.deepEqual(stale, [])
})

test('source files open with what they are for', () => {
  const offenders = sourceFiles(['src', 'tools', 'test', 'bench'])
    .filter(
      (file) => !file.path.endsWith('.test.ts') && !/^(#!.*\n)?\/(\*\*|\/) /.test(file.text.replace('/**\n', '/** ')),
    )
    .map((file) => file.path)
  assert.deepEqual(offenders, [])
})

function lengthOf(span: FunctionSpan): number {
  return span.lastLine - span.firstLine + 1
}
