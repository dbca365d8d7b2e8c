/** The examples of tests do what they say, run as a reader would run them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { installDependencies, packageFolder, runProject } from '../example-project.ts'
import { findTools, skip as noTools } from '../kubectl/tools.ts'

const folder = fileURLToPath(new URL('../../examples/testing', import.meta.url))

for (const name of readdirSync(folder)
  .filter((each) => each.endsWith('.test.ts'))
  .sort()) {
  test(`examples/testing/${name} passes`, () => passes(`${folder}/${name}`, {}))
}

test('examples/testing/helm passes', { skip: noTools }, async () => {
  const { helm } = await findTools(realPlatform())
  await passes(`${folder}/helm/chart.test.ts`, { HELM: helm })
})

const operator = 'examples/testing/client-node'
const home = installDependencies(operator)
const skip = home === undefined ? `SKIPPED: npm could not bring what ${operator} depends on` : false
if (skip) console.error(skip)

test(`${operator} passes`, { skip }, async () => {
  const modules = packageFolder()
  after(() => rmSync(modules, { recursive: true, force: true }))
  const { code, output } = await runProject(operator, { home: home ?? '', package: modules })
  assert.equal(code, 0, output)
  assert.match(output, /pass 1/)
})

async function passes(path: string, env: Record<string, string>): Promise<void> {
  const { NODE_TEST_CONTEXT: _, ...outer } = process.env
  const argv = ['-C', 'k8ts-source', '--test', '--test-reporter=tap', path]
  const result = await new Promise<{ error: Error | null; output: string }>((resolve) => {
    execFile(process.execPath, argv, { env: { ...outer, ...env }, timeout: 120_000 }, (error, output) =>
      resolve({ error, output }),
    )
  })
  assert.equal(result.error, null, result.output)
  assert.match(result.output, /# pass [1-9]/)
}
