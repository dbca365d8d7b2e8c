/** Reads our own sources as text, for the tests that keep the tree in order: tidy, rooms, doors. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  path: string
  text: string
  lines: string[]
}

export interface FunctionSpan {
  name: string
  /** One-based, inclusive. */
  firstLine: number
  lastLine: number
}

const root = new URL('..', import.meta.url).pathname

/** Hand-written TypeScript below the given folders; generated types are left out. */
export function sourceFiles(folders: readonly string[]): SourceFile[] {
  const found: SourceFile[] = []
  // Git keeps no empty folders.
  for (const folder of folders) if (existsSync(join(root, folder))) walk(join(root, folder), found)
  return found.filter((file) => !file.path.startsWith('src/api/types/') && file.path !== 'src/api/resources.ts')
}

function walk(folder: string, found: SourceFile[]): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (entry.name !== 'testdata' && entry.name !== 'node_modules') walk(path, found)
    } else if (entry.name.endsWith('.ts')) {
      const text = readFileSync(path, 'utf8')
      found.push({ path: relative(root, path), text, lines: text.replace(/\n$/, '').split('\n') })
    }
  }
}

/**
 * Named functions and methods, found by the formatter's own layout: a header at some indentation that ends in `{`, and
 * the first later line at the same indentation that starts with `}`.
 */
export function functionSpans(file: SourceFile): FunctionSpan[] {
  const spans: FunctionSpan[] = []
  const header =
    /^(\s*)(?:export\s+)?(?:default\s+)?(?:(?:async\s+)?function\*?\s*(\w+)|(?:const|let)\s+(\w+)\s*=\s*(?:async\s*)?(?:<[^>]*>)?\([^)]*\)?.*=>|(?:(?:public|private|protected|static|override|async|get|set)\s+)*\*?#?(\w+)\s*(?:<[^>]*>)?\()/
  const notNames = new Set([
    'if',
    'for',
    'while',
    'switch',
    'catch',
    'return',
    'function',
    'test',
    'describe',
    'await',
    'new',
    'super',
  ])
  for (const [index, line] of file.lines.entries()) {
    const match = header.exec(line)
    const name = match?.[2] ?? match?.[3] ?? match?.[4]
    if (!match || !name || notNames.has(name)) continue
    const indent = match[1] ?? ''
    const opening = openingLine(file.lines, index, indent)
    if (opening === undefined) continue
    const closing = closingLine(file.lines, opening, indent)
    if (closing !== undefined) spans.push({ name, firstLine: index + 1, lastLine: closing + 1 })
  }
  return spans
}

/** The line that ends the header with `{`; headers may be folded over several deeper-indented lines. */
function openingLine(lines: readonly string[], from: number, indent: string): number | undefined {
  for (let index = from; index < Math.min(from + 20, lines.length); index++) {
    const line = lines[index] ?? ''
    if (line.endsWith('{') && (index === from || line.startsWith(`${indent})`))) return index
    if (index > from && !line.startsWith(`${indent} `) && !line.startsWith(`${indent})`)) return undefined
  }
  return undefined
}

function closingLine(lines: readonly string[], from: number, indent: string): number | undefined {
  for (let index = from + 1; index < lines.length; index++) {
    const line = lines[index] ?? ''
    if (line.startsWith(`${indent}}`)) return index
  }
  return undefined
}
