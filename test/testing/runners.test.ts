/** The fixtures work under Vitest and under Jest: their examples pass there, and a failing test shows its timeline. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { installDependencies, packageFolder, runProject } from '../example-project.ts'

const failing = (runner: string) => `
import { withCluster } from 'k8ts/testing'
import { test } from '${runner}'
test('fails', withCluster(async (cluster) => {
  await cluster.client.core.v1.configMaps('default').create({ metadata: { name: 'left' } })
  throw new Error('as wanted')
}))
`

const runners = [
  { name: 'vitest', globals: 'vitest', failingFile: 'failing.test.ts', passed: /Tests {2}4 passed \(4\)/ },
  { name: 'jest', globals: '@jest/globals', failingFile: 'failing.test.js', passed: /Tests: +4 passed, 4 total/ },
]

describe('other test runners', () => {
  let modules: string
  before(() => {
    modules = packageFolder()
  })
  after(() => rmSync(modules, { recursive: true, force: true }))

  for (const { name, globals, failingFile, passed } of runners) {
    const example = `examples/testing/${name}`
    const home = installDependencies(example)
    const skip = home === undefined ? `SKIPPED: npm could not bring what ${example} depends on` : false
    if (skip) console.error(skip)

    test(`the example of ${name} passes`, { skip }, async () => {
      const { code, output } = await runProject(example, { home: home ?? '', package: modules })
      assert.equal(code, 0, output)
      assert.match(output, passed)
    })

    test(`a test that fails under ${name} shows what the cluster did`, { skip }, async () => {
      const extra = { [failingFile]: failing(globals) }
      const { code, output } = await runProject(example, { home: home ?? '', package: modules, extra })
      assert.equal(code, 1, output)
      assert.match(output, /as wanted[\s\S]*K8TS_SEED=1@\d+[\s\S]*test +create configmaps default\//)
    })
  }
})
