/** The examples of tests do what they say, run as a reader would run them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../examples/testing', import.meta.url))

for (const name of readdirSync(folder)
  .filter((each) => each.endsWith('.test.ts'))
  .sort()) {
  test(`examples/testing/${name} passes`, async () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const argv = ['-C', 'k8ts-source', '--test', '--test-reporter=tap', `${folder}/${name}`]
    const result = await new Promise<{ error: Error | null; output: string }>((resolve) => {
      execFile(process.execPath, argv, { env, timeout: 120_000 }, (error, output) => resolve({ error, output }))
    })
    assert.equal(result.error, null, result.output)
    assert.match(result.output, /# pass [1-9]/)
  })
}
