/** What npm users get: built as `npm run prepare` builds it, imported by its exports, started by its command. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { packageFolder } from './example-project.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const description: { exports: Record<string, string | { types: string; default: string }>; files: string[] } =
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

let home: string
/** As a dependency stands: below `node_modules`, its own dependencies beside it. */
let installed: string

before(() => {
  home = packageFolder()
  installed = join(home, 'node_modules', 'k8ts')
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
  if (typeof target === 'string' || name.includes('*')) continue
  test(`k8ts${name.slice(1)} can be imported`, async () => {
    assert.ok(existsSync(join(installed, target.types)), target.types)
    const module: object = await import(pathToFileURL(join(installed, target.default)).href)
    assert.notDeepEqual(Object.keys(module), [])
  })
}

test('the types of every group can be imported', () => {
  const pattern = description.exports['./types/*']
  assert.ok(typeof pattern === 'object')
  for (const each of ['core/v1', 'apps/v1', 'meta/v1', 'resource/v1beta2']) {
    for (const path of [pattern.types, pattern.default]) {
      assert.ok(existsSync(join(installed, path.replace('*', each))), `${path} of ${each}`)
    }
  }
})

test('bin/k8ts runs what was built', () => {
  const ran = spawnSync(join(installed, 'bin', 'k8ts'), ['--help'], { encoding: 'utf8' })
  assert.equal(ran.stderr, '')
  assert.match(ran.stdout, /^Usage: k8ts /)
})

test('the cluster DNS program was built beside the command', () => {
  assert.ok(existsSync(join(installed, 'dist/network/dns/main.js')))
})
