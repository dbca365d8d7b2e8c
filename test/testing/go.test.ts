/**
 * The example in Go: a controller on controller-runtime that runs by a kubeconfig, its envtest suite on the simulated
 * cluster, and time that it advances over HTTPS.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCluster } from '../../src/testing/cluster.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'k8ts-go-'))
const whyNot = build()
if (whyNot) console.error(whyNot)

/** What is missing to build the example; undefined when it was built. */
function build(): string | undefined {
  cpSync(join(root, 'examples/testing/go'), folder, { recursive: true })
  const go = (...words: string[]) => spawnSync('go', words, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  if (go('version').status !== 0) return 'SKIPPED: there is no Go to build examples/testing/go with'
  if (go('mod', 'tidy').status !== 0) return 'SKIPPED: Go could not bring what examples/testing/go depends on'
  for (const words of [
    ['build', '-o', 'team', '.'],
    ['test', '-c', '-o', 'team.test', '.'],
  ]) {
    const { status, stderr } = go(...words)
    // What was compiled so far is kept: the next run goes on from there.
    if (status === null) return 'SKIPPED: building examples/testing/go takes longer than a minute'
    assert.equal(status, 0, stderr)
  }
  return undefined
}

interface Ran {
  code: number
  output: string
}

function run(program: string, words: string[], env: Record<string, string>): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 60_000 }
    execFile(program, words, options, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, output: `${stdout}${stderr}` }),
    )
  })
}

describe('the example in Go', { skip: whyNot ?? false, timeout: 120_000 }, () => {
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('its envtest suite passes on the simulated cluster, with one line changed', async () => {
    const env = { KUBEBUILDER_ASSETS: join(root, 'bin/kubebuilder') }
    const { code, output } = await run('./team.test', ['-test.v', '-test.run', 'TestTeam'], env)
    assert.equal(code, 0, output)
    assert.match(output, /--- PASS: TestTeam/)
  })

  test('it advances the clock of `k8ts up --simulated --held` over HTTPS', async () => {
    const up = await started(['up', '--simulated', '--held', '--start-time', '2030-01-01T00:00:00Z'])
    try {
      const { code, output } = await run('./team.test', ['-test.v', '-test.run', 'TestCronJobOverAYear'], up.env)
      assert.equal(code, 0, output)
      assert.match(output, /--- PASS: TestCronJobOverAYear/)
    } finally {
      await up.end()
    }
  })

  test('the controller runs by a kubeconfig, while the test holds time', async () => {
    await using cluster = await startCluster()
    const env = { ...process.env, KUBECONFIG: await cluster.kubeconfigFile() }
    const operator = spawn('./team', [], { cwd: folder, env, stdio: 'ignore' })
    try {
      await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'red' } } })
      for await (const { object } of cluster.client.core.v1.configMaps('shop').informer()) {
        if (object.metadata.name !== 'team') continue
        assert.equal(object.data?.owner, 'red')
        break
      }
    } finally {
      operator.kill()
      await ended(operator)
    }
  })
})

/** The command line in the foreground, and what it printed for a shell to set. */
async function started(words: string[]): Promise<{ env: Record<string, string>; end(): Promise<void> }> {
  const up = spawn(join(root, 'bin/k8ts'), words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const text = await new Promise<string>((resolve, reject) => {
    up.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString()))
    up.once('exit', (code) => reject(new Error(`k8ts ${words.join(' ')} ended with ${code}`)))
  })
  const env = Object.fromEntries([...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]))
  return {
    env,
    async end() {
      up.kill()
      await ended(up)
    },
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
}
