/** What npm users get: built as `npm run prepare` builds it, imported by its exports, started by its command. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const description: { exports: Record<string, string | { types: string; default: string }>; files: string[] } =
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

let home: string
/** As a dependency stands: below `node_modules`, its own dependencies beside it. */
let installed: string

before(() => {
  home = mkdtempSync(join(tmpdir(), 'k8ts-package-'))
  symlinkModules(join(home, 'node_modules'))
  installed = join(home, 'node_modules', 'k8ts')
  mkdirSync(installed)
  const words = ['-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')]
  const built = spawnSync(join(root, 'node_modules/.bin/tsc'), words, { cwd: root, encoding: 'utf8' })
  assert.equal(built.status, 0, built.stdout)
  for (const name of ['package.json', ...description.files].filter((each) => each !== 'dist')) {
    cpSync(join(root, name), join(installed, name), { recursive: true })
  }
})

after(() => rmSync(home, { recursive: true, force: true }))

test('the package holds no tests and nothing that only tests use', () => {
  const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
  assert.ok(files.length > 100)
  assert.deepEqual(
    files.filter((name) => /\.(test|bench|contract)\.|testdata|testbed|\.ts$(?<!\.d\.ts)/.test(name)),
    [],
  )
})

for (const [name, target] of Object.entries(description.exports)) {
  if (typeof target === 'string') continue
  test(`k8ts${name.slice(1)} can be imported`, async () => {
    assert.ok(existsSync(join(installed, target.types)), target.types)
    const module: object = await import(pathToFileURL(join(installed, target.default)).href)
    assert.notDeepEqual(Object.keys(module), [])
  })
}

test('bin/k8ts runs what was built', () => {
  const ran = spawnSync(join(installed, 'bin', 'k8ts'), ['--help'], { encoding: 'utf8' })
  assert.equal(ran.stderr, '')
  assert.match(ran.stdout, /^Usage: k8ts /)
})

test('the cluster DNS program was built beside the command', () => {
  assert.ok(existsSync(join(installed, 'dist/network/dns/main.js')))
})

function symlinkModules(to: string): void {
  mkdirSync(to)
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(to, name))
  }
}
