/** client-go, speaking protobuf and nothing else. The program is in `go/`. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { startServer } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'k8ts-protobuf-client-'))
after(() => rmSync(folder, { recursive: true }))
const whyNot = build()
if (whyNot) console.error(whyNot)

/** What is missing to build the program; undefined when it was built. */
function build(): string | undefined {
  cpSync(join(import.meta.dirname, 'go'), folder, { recursive: true })
  const go = (...words: string[]) => spawnSync('go', words, { cwd: folder, encoding: 'utf8', timeout: 240_000 })
  if (go('version').status !== 0) return 'SKIPPED: there is no Go to build test/clients/go with'
  if (go('mod', 'tidy').status !== 0) return 'SKIPPED: Go could not bring what test/clients/go depends on'
  const { status, stderr } = go('build', '-o', 'client', '.')
  assert.equal(status, 0, stderr)
  return undefined
}

test('client-go reads, writes and watches in protobuf', { skip: whyNot ?? false }, async () => {
  await using server = await startServer()
  const { exec, disk } = realPlatform()
  const kubeconfig = join(folder, 'kubeconfig')
  await disk.write(kubeconfig, server.kubeconfig)
  const { stdout, stderr } = await exec.run([join(folder, 'client'), kubeconfig], { timeoutMs: 90_000 })
  assert.deepEqual(
    stdout.trimEnd().split('\n'),
    [
      'invalid: true true',
      'limits: 1500m 512Mi',
      'seen: add p',
      'exists: true',
      'seen: update p',
      'conflict: true',
      'patched: map[app:q b:c] true',
      'seen: update p',
      'listed: 1 p',
      'metadata: 1 map[app:q b:c]',
      'precondition: true',
      'seen: delete p',
      'gone: true',
      'discovered: true',
      'openapi v2: Kubernetes true',
      'openapi v3: true <nil>',
      'in protobuf: true 0',
    ],
    stderr,
  )
})
