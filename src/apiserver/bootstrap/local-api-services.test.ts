import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiextensionsV1, apiregistrationV1 } from '../../api/resources.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts'
import { createClient } from '../../client/client-impl.ts'
import { silent } from '../../platform/log.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { TestCaller } from '../testbed/caller.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { bootstrap } from './bootstrap.ts'

const { net, clock, random } = realPlatform()
const managed = 'kube-aggregator.kubernetes.io/automanaged'

async function start(store?: Awaited<ReturnType<typeof startTestApiServer>>['store']) {
  const api = await startTestApiServer({ clock, random, net, ...(store ? { store } : {}) })
  const done = await bootstrap({ ...api, server: api.server, log: silent })
  const client = createClient(api.transport)
  const services = client.of(apiregistrationV1.apiServices)
  return {
    ...{ api, done, client, services },
    async stop() {
      await done.stop()
      await api.stop()
    },
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = clock.monotonicMs() + 10_000
  while (!(await holds())) {
    if (clock.monotonicMs() > deadline) assert.fail('it did not come to that')
    await clock.sleep(5)
  }
}

const definition = (plural: string, versions: string[]): CustomResourceDefinition => ({
  metadata: { name: `${plural}.ex.example.com` },
  spec: {
    ...{ group: 'ex.example.com', scope: 'Namespaced', names: { plural, kind: plural[0]!.toUpperCase() + plural } },
    versions: versions.map((name, index) => ({
      ...{ name, served: true, storage: index === 0 },
      schema: { openAPIV3Schema: { type: 'object' } },
    })),
  },
})

test('every built-in group version has an APIService with its priorities, which answers itself', async () => {
  const cluster = await start()
  const { items } = await cluster.services.list()
  assert.deepEqual(
    items.map(({ spec }) => `${spec?.group ?? ''}/${spec?.version}`).sort(),
    [...cluster.api.server.scheme.groups]
      .flatMap(([group, versions]) => [...versions].map((version) => `${group}/${version}`))
      .filter((name) => name !== 'apiregistration.k8s.io/v1')
      .sort(),
  )
  const { metadata, spec, status } = items.find(({ metadata }) => metadata.name === 'v2.autoscaling')!
  assert.deepEqual(metadata.labels, { [managed]: 'onstart' })
  assert.deepEqual(spec, { group: 'autoscaling', version: 'v2', groupPriorityMinimum: 17500, versionPriority: 30 })
  const { lastTransitionTime: _, ...condition } = status!.conditions![0]!
  const message = 'Local APIServices are always available'
  assert.deepEqual(condition, { type: 'Available', status: 'True', reason: 'Local', message })
  assert.equal(items.find(({ metadata }) => metadata.name === 'v1.')?.spec?.groupPriorityMinimum, 18000)
  await cluster.stop()
})

test('those of custom resources come with the first definition of their group version and go with the last', async () => {
  const cluster = await start()
  const definitions = cluster.client.of(apiextensionsV1.customResourceDefinitions)
  const has = async (name: string) => (await cluster.services.get(name).catch(() => undefined)) !== undefined
  await definitions.create(definition('gizmos', ['v1', 'v1beta1']))
  await definitions.create(definition('widgets', ['v1']))
  await until(async () => (await has('v1.ex.example.com')) && (await has('v1beta1.ex.example.com')))
  const { metadata, spec } = await cluster.services.get('v1.ex.example.com')
  assert.deepEqual(metadata.labels, { [managed]: 'true' })
  assert.deepEqual([spec?.groupPriorityMinimum, spec?.versionPriority], [1000, 100])
  await cluster.services.delete('v1.ex.example.com')
  await until(async () => (await has('v1.ex.example.com')) === true)
  await definitions.delete('gizmos.ex.example.com')
  await until(async () => !(await has('v1beta1.ex.example.com')))
  assert.equal(await has('v1.ex.example.com'), true)
  await definitions.delete('widgets.ex.example.com')
  await until(async () => !(await has('v1.ex.example.com')))
  await cluster.stop()
})

test('what somebody made their own stays, what is nobody’s goes, and a start brings back what was taken away', async () => {
  const first = await start()
  const apps = await first.services.get('v1.apps')
  await first.services.update({
    ...apps,
    metadata: { ...apps.metadata, labels: {} },
    spec: { ...apps.spec!, groupPriorityMinimum: 5 },
  })
  await first.services.delete('v1.batch')
  const stale = { groupPriorityMinimum: 1000, versionPriority: 100, group: 'old.example.com', version: 'v1' }
  const labels = { [managed]: 'onstart' }
  await first.services.create({ metadata: { name: 'v1.old.example.com', labels }, spec: stale })
  await until(async () => (await first.services.get('v1.old.example.com').catch(() => undefined)) === undefined)
  const { store } = first.api
  const again = await start(store)
  assert.equal((await again.services.get('v1.apps')).spec?.groupPriorityMinimum, 5)
  assert.equal((await again.services.get('v1.batch')).spec?.groupPriorityMinimum, 17400)
  await again.stop()
  await first.stop()
})

test('groups stand in discovery by the priority of their APIServices', async () => {
  const cluster = await start()
  const groups = async () => {
    const reply = await cluster.api.transport.send({ method: 'GET', path: '/apis', headers: {} })
    const { groups } = JSON.parse(Buffer.from(reply.body as Uint8Array).toString()) as { groups: { name: string }[] }
    return groups.map(({ name }) => name)
  }
  assert.deepEqual((await groups()).slice(0, 4), [
    'apiregistration.k8s.io',
    'apps',
    'events.k8s.io',
    'authentication.k8s.io',
  ])
  const batch = await cluster.services.get('v1.batch')
  await cluster.services.update({
    ...batch,
    metadata: { ...batch.metadata, labels: {} },
    spec: { ...batch.spec!, groupPriorityMinimum: 19_000 },
  })
  await until(async () => (await groups())[1] === 'batch')
  await cluster.stop()
})

test('a group version whose APIService is deleted is no longer listed, but served', async () => {
  const cluster = await start()
  const caller = new TestCaller(cluster.api)
  const get = (path: string) => caller.call('GET', path)
  const listed = async () =>
    (await get('/apis/autoscaling')).body.versions?.map(({ version }: { version: string }) => version)
  assert.deepEqual(await listed(), ['v2', 'v1'])
  await cluster.services.delete('v2.autoscaling')
  await until(async () => (await listed()).length === 1)
  assert.deepEqual(await listed(), ['v1'])
  assert.equal((await get('/apis/autoscaling/v2/horizontalpodautoscalers')).status, 200)
  await cluster.services.delete('v1.autoscaling')
  await until(async () => (await get('/apis/autoscaling')).status === 404)
  const { body } = await get('/apis')
  assert.ok(!body.groups.some(({ name }: { name: string }) => name === 'autoscaling'))
  await cluster.stop()
})
