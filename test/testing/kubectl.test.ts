/** Simulated pods as the real kubectl sees them: logs, exec, forwarded ports, proxies; and control by kubectl itself. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { startCluster } from '../../src/testing/cluster.ts'
import type { TestCluster } from '../../src/testing/test-cluster.ts'
import { findTools, skip } from '../kubectl/tools.ts'

const rules = `
- match: { name: web }
  logs: [first, second]
  exec:
    - { command: 'cat *', stdout: content }
    - { command: 'false', exitCode: 3, stderr: "no\\n" }
  http:
    - { path: /healthz, body: ok, headers: { x-from: the-rule } }
`

describe('kubectl and simulated pods', { skip, timeout: 60_000 }, () => {
  let cluster: TestCluster
  let kubectl: string
  let env: Record<string, string>

  before(async () => {
    cluster = await startCluster({ rules })
    const tools = await findTools(realPlatform())
    kubectl = tools.kubectl
    const kubeconfig = await cluster.kubeconfigFile()
    env = { ...(process.env as Record<string, string>), KUBECONFIG: kubeconfig, KUBECACHEDIR: `${kubeconfig}.cache` }
    cluster.nodes.rule({
      match: { name: 'echo' },
      tcp: (connection) => connection.pipe(connection),
    })
    for (const name of ['web', 'echo']) {
      const containers = [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }]
      await cluster.client.core.v1.pods('default').create({ metadata: { name }, spec: { containers } })
    }
    await cluster.settled()
  })
  after(() => cluster.stop())

  /** kubectl as it was before WebSockets: it speaks SPDY. */
  const older = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }

  function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(kubectl, words, { env, timeout: 20_000 }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      )
    })
  }

  test('logs, exec and the exit code of what ran', async () => {
    assert.equal((await run('logs', 'web', '--tail=1')).stdout, 'second\n')
    assert.deepEqual(await run('exec', 'web', '--', 'cat', '/etc/hosts'), { code: 0, stdout: 'content', stderr: '' })
    const failed = await run('exec', 'web', '--', 'false')
    assert.deepEqual([failed.code, failed.stderr.split('\n')[0]], [3, 'no'])
  })

  test('older clients exec and forward ports over SPDY', async () => {
    const saved = env
    env = { ...env, ...older }
    try {
      assert.deepEqual(await run('exec', 'web', '--', 'cat', '/etc/hosts'), { code: 0, stdout: 'content', stderr: '' })
      const failed = await run('exec', 'web', '--', 'false')
      assert.deepEqual([failed.code, failed.stderr.split('\n')[0]], [3, 'no'])
      const web = await forward('pod/web', 8080)
      assert.equal((await get(web.port, '/healthz')).body, 'ok')
      await web.end()
    } finally {
      env = saved
    }
  })

  test('port-forward carries HTTP by the rules and raw connections', async () => {
    const web = await forward('pod/web', 8080)
    try {
      for (let round = 0; round < 3; round++) {
        const response = await get(web.port, '/healthz')
        assert.deepEqual([response.status, response.from, response.body], [200, 'the-rule', 'ok'])
      }
      assert.equal((await get(web.port, '/else')).status, 404)
    } finally {
      await web.end()
    }
    const echo = await forward('pod/echo', 7)
    try {
      const socket = connect(echo.port, '127.0.0.1')
      socket.end('there and back')
      assert.equal(await text(socket), 'there and back')
    } finally {
      await echo.end()
    }
  })

  test('a port that nobody listens at is refused, and kubectl says so', async () => {
    await cluster.client.core.v1.pods('default').create({
      metadata: { name: 'deaf' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    })
    await cluster.settled()
    const deaf = await forward('pod/deaf', 80)
    await get(deaf.port, '/').catch(() => undefined)
    for (let turn = 0; turn < 5_000 && !deaf.output().includes('connection refused'); turn++) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await deaf.end()
    assert.match(deaf.output(), /failed to connect to localhost:80 inside pod deaf: connection refused/)
  })

  test('get --raw reaches the node’s figures, create --raw the clock', async () => {
    const summary = JSON.parse((await run('get', '--raw', '/api/v1/nodes/node-1/proxy/stats/summary')).stdout)
    assert.equal(summary.node.nodeName, 'node-1')
    const before = cluster.clock.nowMs()
    const body = `${env.KUBECONFIG}.advance`
    writeFileSync(body, '{"by": "1h"}')
    const { code, stderr } = await run('create', '--raw', '/testing/clock/advance', '-f', body)
    assert.equal(code, 0, stderr)
    assert.equal(cluster.clock.nowMs() - before, 3_600_000)
  })

  interface Forwarding {
    port: number
    output(): string
    end(): Promise<void>
  }

  async function forward(target: string, port: number): Promise<Forwarding> {
    const child: ChildProcess = spawn(kubectl, ['port-forward', target, `:${port}`], { env })
    let output = ''
    const listening = new Promise<number>((resolve, reject) => {
      const take = (bytes: Buffer): void => {
        output += bytes
        const found = /127\.0\.0\.1:(\d+)/.exec(output)?.[1]
        if (found !== undefined) resolve(Number(found))
      }
      child.stdout?.on('data', take)
      child.stderr?.on('data', take)
      child.once('exit', () => reject(new Error(output)))
    })
    return {
      port: await listening,
      output: () => output,
      async end() {
        child.kill()
        await new Promise((resolve) => child.once('exit', resolve))
      },
    }
  }
})

function get(port: number, path: string): Promise<{ status: number; from: unknown; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false }, async (response) => {
      const { statusCode = 0, headers } = response
      resolve({ status: statusCode, from: headers['x-from'], body: await text(response) })
    })
    call.once('error', reject)
    call.end()
  })
}
