/**
 * docs/limits.md from src/limits.ts: names, values and what their comments say. With `--write` writes it; a test fails
 * when it is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { limits } from '../src/limits.ts'

const source = new URL('../src/limits.ts', import.meta.url)
const target = new URL('../docs/limits.md', import.meta.url)

const opening = `# Limits

Nothing queues or grows without one of these. Generated from \`src/limits.ts\` by \`script/update-docs\`; units are the last
words of a name.
`

export function limitsDocument(): string {
  const sections: string[] = [opening]
  let said = ''
  const rows: string[] = []
  const close = (): void => {
    if (rows.length > 0)
      sections.push(
        `| limit | value | what it is, what happens beyond, where it comes from |\n|---|--:|---|\n${rows.join('\n')}\n`,
      )
    rows.length = 0
  }
  for (const line of readFileSync(source, 'utf8').split('\n')) {
    const heading = /^ {2}\/\/ (.+)$/.exec(line)?.[1]
    if (heading !== undefined) {
      close()
      sections.push(`## ${heading.replace(/\((src\/[^)]*)\)/, '(`$1`)')}\n`)
    }
    said = /^ {2}\/\*\* (.+) \*\/$/.exec(line)?.[1] ?? said
    const name = /^ {2}(\w+): /.exec(line)?.[1]
    if (name !== undefined) rows.push(`| \`${name}\` | ${textOf(name)} | ${said.replaceAll('|', '\\|')} |`)
  }
  close()
  return sections.join('\n')
}

function textOf(name: string): string {
  const value = limits[name as keyof typeof limits]
  if (value === undefined) throw new Error(`limits: "${name}" is written otherwise than the document expects`)
  return value.toLocaleString('en-US')
}

if (process.argv.includes('--write')) writeFileSync(target, limitsDocument())
