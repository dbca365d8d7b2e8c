import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '../../client/client-impl.ts'
import { httpTransport } from '../../client/http-transport.ts'
import { accessOf, parseKubeconfig } from '../../client/kubeconfig.ts'
import { realNet } from '../../platform/real/net.ts'
import { startCluster } from '../cluster.ts'
import type { TestCluster } from '../test-cluster.ts'

let cluster: TestCluster
let outside: Awaited<ReturnType<typeof over>>
before(async () => {
  cluster = await startCluster({ nodes: 2, startTime: '2030-01-01T00:00:00Z', settleTimeout: '5s' })
  outside = await over(cluster.kubeconfig)
})
after(async () => {
  await outside.close()
  await cluster.stop()
})

async function over(kubeconfig: string) {
  const { server, tls } = await accessOf(await parseKubeconfig(kubeconfig), async () => '')
  const transport = httpTransport({ net: realNet(), server, tls })
  const { raw } = createClient(transport, { userAgent: 'outside' })
  return { raw, close: () => transport.close() }
}

const post = (path: string, body: object = {}) => outside.raw<Record<string, unknown>>('POST', `/testing/${path}`, body)
const get = (path: string) => outside.raw<Record<string, unknown>>('GET', `/testing/${path}`)
const end = (path: string) => outside.raw('DELETE', `/testing/${path}`)

test('time is advanced from outside, and what it brings happens', async () => {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
  const path = '/apis/batch/v1/namespaces/default/cronjobs'
  const schedule = { schedule: '@hourly', jobTemplate: { spec: { template } } }
  await outside.raw('POST', path, { metadata: { name: 'hourly' }, spec: schedule })
  assert.deepEqual(await get('clock'), { mode: 'held', now: '2030-01-01T00:00:00.000Z' })
  assert.deepEqual(await post('clock/advance', { by: '2h1m' }), { mode: 'held', now: '2030-01-01T02:01:00.000Z' })
  assert.deepEqual(await post('settled'), { settled: true })
  assert.equal((await cluster.client.batch.v1.jobs('default').list()).items.length, 2)
  await post('clock/advance', { to: '2030-01-01T03:00:00Z' })
  assert.equal((await get('clock')).now, '2030-01-01T03:00:00.000Z')
  await cluster.client.batch.v1.cronJobs('default').delete('hourly')
})

test('faults and rules come and go by their ids', async () => {
  const fault = await post('faults', { match: { component: 'outside', resource: 'secrets' }, refuse: 409 })
  const secrets = () => outside.raw('GET', '/api/v1/namespaces/default/secrets')
  await assert.rejects(secrets(), { code: 409 })
  await end(`faults/${fault.id}`)
  await secrets()
  const rule = await post('rules', { match: { name: 'talks' }, logs: ['hello'] })
  await cluster.client.core.v1.pods('default').create({ metadata: { name: 'talks' }, spec: pod })
  await post('settled')
  assert.equal(await cluster.logs('talks'), 'hello\n')
  await end(`rules/${rule.id}`)
  assert.equal(await cluster.logs('talks'), '')
  await assert.rejects(end(`rules/${rule.id}`), { code: 404, message: 'rule "3" not found'.replace('3', `${rule.id}`) })
})

test('nodes are added, lost and brought back', async () => {
  assert.deepEqual(await post('nodes', { nodes: 1 }), { names: ['node-3'] })
  await post('nodes/node-3/kill')
  await post('clock/advance', { by: '1m' })
  const ready = async () =>
    (await cluster.client.core.v1.nodes().get('node-3')).status?.conditions?.find(({ type }) => type === 'Ready')
      ?.status
  assert.equal(await ready(), 'Unknown')
  await post('nodes/node-3/revive')
  await post('settled')
  assert.equal(await ready(), 'True')
  assert.deepEqual(await get('nodes'), { names: ['node-1', 'node-2', 'node-3'] })
})

test('a fork has an endpoint of its own until it is ended, and looks back', async () => {
  const { revision } = await get('revision')
  await cluster.client.core.v1.configMaps('default').create({ metadata: { name: 'later' } })
  const fork = await post('forks', { revision })
  const branch = await over(String(fork.kubeconfig))
  await assert.rejects(branch.raw('GET', '/api/v1/namespaces/default/configmaps/later'), { code: 404 })
  await branch.close()
  await end(`forks/${fork.id}`)
  await assert.rejects((await over(String(fork.kubeconfig))).raw('GET', '/api'), { name: 'TransportError' })
})

test('reset brings back the start', async () => {
  await cluster.client.core.v1.configMaps('default').create({ metadata: { name: 'gone' } })
  await post('reset')
  await assert.rejects(cluster.client.core.v1.configMaps('default').get('gone'), { code: 404 })
})

test('the timeline says what happened', async () => {
  const text = await outside.raw<unknown>('GET', '/testing/timeline').catch((error: Error) => error.cause)
  assert.match(String(text), /JSON/)
  assert.ok(cluster.timeline.text().includes('reset'))
})

test('nobody controls a cluster without the right to', async () => {
  const ann = await over(cluster.kubeconfigFor({ user: 'ann' }))
  const advance = () => ann.raw('POST', '/testing/clock/advance', { by: '1h' })
  await assert.rejects(advance(), {
    code: 403,
    message: 'forbidden: User "ann" cannot post path "/testing/clock/advance"',
  })
  const rules = [{ nonResourceURLs: ['/testing/*'], verbs: ['*'] }]
  await cluster.client.rbac.v1.clusterRoles().create({ metadata: { name: 'timekeeper' }, rules })
  await cluster.client.rbac.v1.clusterRoleBindings().create({
    metadata: { name: 'timekeeper' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'timekeeper' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' }],
  })
  await cluster.settled()
  await advance()
  await ann.close()
})

test('what is wrong with a request is said', async () => {
  const refused: [string, object, number, RegExp][] = [
    ['clock/advance', {}, 400, /either "by" or "to"/],
    ['clock/advance', { by: 'soon' }, 400, /read a duration/],
    ['clock/advance', { to: '2001-01-01T00:00:00Z' }, 400, /advance to 2001/],
    ['rules', { startsAfter: '1s' }, 400, /no field "startsAfter"/],
    ['faults', { share: 2 }, 400, /from 0 to 1/],
    ['nodes/none/kill', {}, 400, /no simulated node named "none"/],
    ['forks', { revision: 1_000_000 }, 400, /revision/],
    ['clocks', {}, 404, /there is no POST \/testing\/clocks; there are: GET \/testing\/clock/],
  ]
  for (const [path, body, code, message] of refused) await assert.rejects(post(path, body), { code, message }, path)
})

test('who does not settle is named', async () => {
  cluster.faults.add({ match: { component: 'slow' }, delay: '1h' })
  const waiting = cluster.as('slow', 'system:masters').core.v1.nodes().list()
  await post('settled')
  cluster.faults.clear()
  await post('clock/advance', { by: '1h' })
  await waiting
})

const pod = { containers: [{ name: 'c', image: 'i' }] }
