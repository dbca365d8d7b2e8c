import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import { startCluster } from '../cluster.ts'
import type { TestCluster } from '../test-cluster.ts'
import { nodeAddress, podRange } from './node-object.ts'
import { fits, parseRules } from './rules.ts'

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ nodes: 2, https: false })
})
after(() => cluster.stop())

const pods = () => cluster.client.core.v1.pods('default')

async function run(name: string, spec: object = {}): Promise<Pod> {
  await pods().create({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'web:1' }], ...spec } })
  await cluster.settled()
  return pods().get(name)
}

const phaseOf = async (name: string): Promise<string | undefined> => (await pods().get(name)).status?.phase
const readyOf = async (name: string): Promise<string | undefined> =>
  (await pods().get(name)).status?.conditions?.find(({ type }) => type === 'Ready')?.status

test('a pod goes through its stages when their time has come', async () => {
  cluster.nodes.rule({ match: { name: 'staged' }, startAfter: '5s', readyAfter: '10s', exitAfter: '1m', exitCode: 3 })
  const pod = await run('staged', { restartPolicy: 'Never' })
  assert.equal(pod.status?.phase, 'Pending')
  assert.equal(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating')
  await cluster.clock.advance('5s')
  assert.deepEqual([await phaseOf('staged'), await readyOf('staged')], ['Running', 'False'])
  await cluster.clock.advance('10s')
  assert.equal(await readyOf('staged'), 'True')
  await cluster.clock.advance('50s')
  const { status } = await pods().get('staged')
  assert.equal(status?.phase, 'Failed')
  assert.deepEqual(status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 3)
})

test('a failing container is restarted with a growing delay', async () => {
  cluster.nodes.rule({ match: { name: 'crashes' }, exitAfter: 0, exitCode: 1 })
  const pod = await run('crashes')
  const [container] = pod.status?.containerStatuses ?? []
  assert.equal(container?.restartCount, 1)
  assert.equal(container?.state?.waiting?.reason, 'CrashLoopBackOff')
  assert.equal(
    container?.state?.waiting?.message,
    `back-off 10s restarting failed container=c pod=crashes_default(${pod.metadata.uid})`,
  )
  await cluster.clock.advance('11s')
  await cluster.clock.advance('21s')
  assert.equal((await pods().get('crashes')).status?.containerStatuses?.[0]?.restartCount, 3)
})

test('an image that cannot be pulled keeps its pod pending until it can', async () => {
  const remove = cluster.nodes.rule({ match: { image: '*broken*' }, pullError: 'unauthorized' })
  const pod = await run('pulls', { containers: [{ name: 'c', image: 'broken:1' }] })
  assert.deepEqual(pod.status?.containerStatuses?.[0]?.state?.waiting, {
    reason: 'ErrImagePull',
    message: 'unauthorized',
  })
  await cluster.clock.advance('6s')
  const reason = async () => (await pods().get('pulls')).status?.containerStatuses?.[0]?.state?.waiting?.reason
  assert.equal(await reason(), 'ImagePullBackOff')
  remove()
  await cluster.clock.advance('1m')
  assert.equal(await phaseOf('pulls'), 'Running')
})

test('init containers run in order, sidecars go on', async () => {
  const always = 'Always'
  const pod = await run('inits', {
    initContainers: [
      { name: 'first', image: 'i' },
      { name: 'proxy', image: 'i', restartPolicy: always },
    ],
  })
  const states = (pod.status?.initContainerStatuses ?? []).map(({ name, state }) => [name, Object.keys(state ?? {})[0]])
  assert.deepEqual(states, [
    ['first', 'terminated'],
    ['proxy', 'running'],
  ])
  assert.equal(await readyOf('inits'), 'True')
})

test('a liveness probe that fails restarts its container', async () => {
  cluster.nodes.rule({ match: { name: 'sick' }, livenessFailsAfter: '30s' })
  await run('sick')
  await cluster.clock.advance('31s')
  const { status } = await pods().get('sick')
  assert.equal(status?.containerStatuses?.[0]?.restartCount, 1)
  assert.equal(status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137)
})

test('a pod says again that it is ready when somebody else said that it is not', async () => {
  const { status } = await run('disputed')
  const conditions = status?.conditions?.map((one) =>
    one.type === 'Ready' ? { ...one, status: 'False' as const } : one,
  )
  await pods().patchStatus('disputed', { type: 'merge', patch: { status: { conditions } } })
  await cluster.settled()
  assert.equal(await readyOf('disputed'), 'True')
})

test('a deleted pod takes the time that its rule says, at most its grace period', async () => {
  cluster.nodes.rule({ match: { name: 'lingers' }, stopAfter: '20s' })
  await run('lingers')
  await pods().delete('lingers')
  await cluster.settled()
  assert.ok((await pods().get('lingers')).metadata.deletionTimestamp)
  await cluster.clock.advance('20s')
  await assert.rejects(pods().get('lingers'), { code: 404 })
})

test('logs come from the rules', async () => {
  cluster.nodes.rule({ match: { name: 'talks' }, logs: (pod, container) => [`${pod.metadata.name}`, container] })
  await run('talks')
  assert.equal(await cluster.logs('talks'), 'talks\nc\n')
  assert.equal(await cluster.logs('talks', { tailLines: 1 }), 'c\n')
})

test('exec is answered by the rules', async () => {
  cluster.nodes.rule(`
- match: { name: shells }
  exec:
    - { command: 'cat *', stdout: "content" }
    - { command: 'false', exitCode: 1, stderr: "no" }
`)
  await run('shells')
  assert.deepEqual(await cluster.exec('shells', ['cat', '/etc/hosts']), { stdout: 'content', stderr: '', exitCode: 0 })
  assert.deepEqual(await cluster.exec('shells', ['false']), { stdout: '', stderr: 'no', exitCode: 1 })
  assert.equal((await cluster.exec('shells', ['ls'])).exitCode, 127)
})

test('rules are refused when they say what nobody understands', () => {
  const refused: [string, RegExp][] = [
    ['- { startsAfter: 1s }', /there is no field "startsAfter"/],
    ['- { startAfter: soon }', /rules\[0\].startAfter: read a duration/],
    ['- { share: 2 }', /from 0 to 1/],
    ['- { exitCode: 300 }', /from 0 to 255/],
    ['name: x', /have to be a list/],
  ]
  for (const [text, message] of refused) assert.throws(() => parseRules(text), { name: 'RuleError', message })
})

test('fits takes * for any text', () => {
  for (const [pattern, text] of [
    ['a*', 'abc'],
    ['*c', 'abc'],
    ['a*c', 'ac'],
    ['*b*', 'abc'],
    ['*', ''],
  ] as const) {
    assert.ok(fits(pattern, text), `${pattern} ${text}`)
  }
  for (const [pattern, text] of [
    ['a*', 'ba'],
    ['ab*ba', 'aba'],
    ['a', 'ab'],
    ['*a*a*', 'a'],
  ] as const) {
    assert.ok(!fits(pattern, text), `${pattern} ${text}`)
  }
})

test('every node has addresses of its own', () => {
  const indexes = [0, 1, 255, 256, 257, 10_000, 29_999]
  assert.equal(new Set(indexes.map(nodeAddress)).size, indexes.length)
  assert.equal(new Set(indexes.map((index) => podRange(index).cidr)).size, indexes.length)
  assert.equal(podRange(1).address(2), '10.244.1.2')
})

test('a node that could not say that it is back is not, and can be revived again', async () => {
  using branch = cluster.fork()
  const ready = async () => {
    const { status } = await branch.client.core.v1.nodes().get('node-2')
    return status?.conditions?.find(({ type }) => type === 'Ready')?.status
  }
  await branch.kill('node-2')
  await branch.clock.advance('2m')
  branch.faults.add({ match: { component: 'simulated-nodes', verb: 'patch' }, refuse: 500, times: 1 })
  await assert.rejects(branch.nodes.revive('node-2'), { code: 500 })
  await branch.clock.advance('2m')
  assert.equal(await ready(), 'Unknown')
  await branch.nodes.revive('node-2')
  await branch.clock.advance('2m')
  assert.equal(await ready(), 'True')
})
