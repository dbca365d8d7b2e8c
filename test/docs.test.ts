/** What the documents show works, what they list is complete, and what they link to is there. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { programOf } from '../tools/doc-blocks.ts'
import { flagsDocuments, writtenDocument } from '../tools/flags-documents.ts'
import { limitsDocument } from '../tools/limits-document.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** Imports of the package's own exports reach the sources, which need no build. */
const hook = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  const entry = /^k8ts\\/(\\w+)$/
  registerHooks({ resolve: (name, context, next) =>
    next(entry.test(name) ? ${JSON.stringify(new URL('../src/', import.meta.url).href)} + name.match(entry)[1] + '/index.ts' : name, context) })`)}`

for (const document of documents) {
  const shell = programOf(join(root, document), 'sh test')
  if (shell) test(`the commands of ${document} work`, () => run('sh', ['-euc', shell]))
  const script = programOf(join(root, document), 'ts test')
  if (script)
    test(`the TypeScript of ${document} works`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'k8ts-docs-'))
      try {
        writeFileSync(join(folder, 'example.ts'), script)
        writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
        await run(process.execPath, [
          '--disable-warning=ExperimentalWarning',
          '--import',
          hook,
          join(folder, 'example.ts'),
        ])
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
}

test('links in documents lead to files that exist', () => {
  const broken: string[] = []
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue
      if (!existsSync(join(root, dirname(document), target))) broken.push(`${document}: ${target}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('paths that documents name exist', () => {
  const broken: string[] = []
  for (const document of documents.filter((name) => !name.includes('decisions'))) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, path = ''] of text.matchAll(/`((?:src|test|tools|script|bin|docs|examples)\/[\w./-]+)`/g)) {
      if (!existsSync(join(root, path))) broken.push(`${document}: ${path}`)
    }
  }
  assert.deepEqual(broken, [])
})

test('docs/limits.md is what tools/limits-document.ts makes of src/limits.ts', () => {
  assert.equal(readFileSync(join(root, 'docs/limits.md'), 'utf8'), limitsDocument(), 'run script/update-docs')
})

for (const { name, text } of flagsDocuments) {
  test(`docs/${name} is what tools/flags-documents.ts makes of the table of flags`, () => {
    assert.equal(writtenDocument(name), text(), 'run script/update-docs')
  })
}

/** Output goes into the failure's message. */
async function run(program: string, words: string[]): Promise<void> {
  const child = spawn(program, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes))
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  assert.equal(code, 0, output)
}
