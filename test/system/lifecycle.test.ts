/** Up and down: a second call finds everything running, and nothing is left in the end, whatever was killed before. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { leftovers, packageRoot, prepareCluster, until, whyNot } from './harness.ts'

const options = { skip: await whyNot(), timeout: 240_000 }

test('script/up brings a cluster up with the example, again, and script/down leaves nothing', options, async (t) => {
  const cluster = await prepareCluster()
  const script = (name: string, ...words: string[]) =>
    cluster.run(['sh', '-c', `cd / && exec ${packageRoot}/script/${name} ${words.join(' ')}`], { timeoutMs: 240_000 })
  try {
    await t.test('the first call tells each step and shows the Service spreading requests', async () => {
      const { exitCode, stdout, stderr } = await script('up', '--node-name', cluster.nodeName)
      assert.equal(exitCode, 0, stderr)
      const steps = [
        'started k8ts server',
        'started k8ts agent',
        'is Ready',
        'cluster DNS answers',
        'the example is available',
      ]
      for (const step of steps) assert.match(stdout, new RegExp(`\\] .*${step}`))
      const pods = [...stdout.matchAll(/^ +(\d+) × (hello-\S+)$/gm)]
      assert.equal(
        pods.reduce((sum, [, count]) => sum + Number(count), 0),
        10,
      )
      assert.ok(pods.length >= 2, stdout)
      assert.ok(stdout.includes(`export KUBECONFIG=${cluster.kubeconfig}`))
      assert.equal((await stat(cluster.kubeconfig)).mode & 0o777, 0o600)
    })
    await t.test('the second call finds everything running', async () => {
      const server = await cluster.pidOf('server')
      const { exitCode, stdout } = await script('up', '--node-name', cluster.nodeName)
      assert.equal(exitCode, 0)
      assert.ok(stdout.includes(`k8ts server is running (pid ${server})`))
    })
    await t.test('doctor finds nothing that blocks a cluster that runs', async () => {
      assert.equal((await cluster.k8ts(['doctor'])).exitCode, 0)
    })
    await t.test('k8ts kubectl and k8ts kubeconfig reach the cluster', async () => {
      const nodes = await cluster.k8ts(['kubectl', 'get', 'nodes', '--no-headers'])
      assert.match(nodes.stdout, / Ready /)
      assert.match((await cluster.k8ts(['kubeconfig'])).stdout, /^apiVersion: v1$/m)
    })
    await t.test('script/down ends all and keeps the data', async () => {
      const { exitCode, stdout, stderr } = await script('down')
      assert.equal(exitCode, 0, stderr)
      assert.match(stdout, /the data stays/)
      const inside = { ...cluster.platform.exec, run: cluster.run }
      assert.deepEqual(await leftovers(cluster.platform, inside, cluster.home), [])
      assert.equal((await script('down')).stdout.split('\n')[0], 'nothing was running')
    })
    await t.test('the next start has the data and runs the example again', async () => {
      await cluster.up([])
      assert.match(await cluster.kubectl('-n hello get deployment hello --no-headers'), /3\/3/)
    })
    await t.test('down cleans up after everything was killed at once', async () => {
      for (const role of ['agent', 'server', 'containerd'] as const) process.kill(await cluster.pidOf(role), 'SIGKILL')
    })
  } finally {
    await cluster.stop()
  }
  await assert.rejects(stat(cluster.home))
})

test('a containerd that is already there is left alone', options, async () => {
  const cluster = await prepareCluster()
  const theirs = await mkdtemp(join(tmpdir(), 'k8ts-other-containerd-'))
  const socket = join(theirs, 'containerd.sock')
  const words = ['--config', '/dev/null', '--root', join(theirs, 'root'), '--state', join(theirs, 'state')]
  const containerd = await cluster.start(['containerd', ...words, '--address', socket])
  const ctr = (...words: string[]) => cluster.platform.exec.run(['ctr', '--address', socket, ...words])
  try {
    await until('the other containerd', async () => (await ctr('namespaces', 'create', 'mine')).exitCode === 0)
    await cluster.up()
    await cluster.stop()
    assert.equal((await ctr('namespaces', 'ls', '--quiet')).stdout, 'mine\n')
  } finally {
    await containerd.stop()
    await rm(theirs, { recursive: true })
  }
})

test('up refuses a machine that lacks something, in plain words', options, async () => {
  const cluster = await prepareCluster()
  const listen = 'require("net").createServer().listen(6443, () => console.log("listening"))'
  const squatter = await cluster.start([process.execPath, '-e', listen])
  try {
    await until('the port to be taken', async () => (await squatter.output()).includes('listening'))
    const { exitCode, stderr } = await cluster.k8ts(['up', '--bare'])
    assert.equal(exitCode, 1)
    assert.match(stderr, /port 6443, which the API server needs, is in use by process \d+/)
  } finally {
    await squatter.stop()
    await cluster.stop()
  }
})
