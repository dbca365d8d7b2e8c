import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { appsV1, coreV1 } from '../api/resources.ts'
import type { Namespace, Pod } from '../api/types/core/v1.ts'
import { forbid, isFor } from '../apiserver/admission/plugin.ts'
import { defineController, watching } from '../client/define-controller.ts'
import type { Change } from '../client/informer.ts'
import { filterBy, unfit } from '../scheduler/plugins/plugin.ts'
import { startCluster } from './cluster.ts'
import type { TestCluster } from './test-cluster.ts'

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ nodes: 2, https: false })
})
after(() => cluster.stop())

const team = defineController({
  name: 'team-operator',
  for: coreV1.namespaces,
  watches: [
    watching(coreV1.configMaps, ({ object: { metadata } }) =>
      metadata.name === 'team' ? [metadata.namespace ?? ''] : [],
    ),
  ],
  async reconcile(namespace: Namespace | undefined, { name, api, cached, clock }) {
    const owner = namespace?.metadata.labels?.team
    if (!owner || namespace?.metadata.deletionTimestamp) return
    const known = cached(coreV1.configMaps).get(`${name}/team`)
    if (known?.data?.owner === owner) return
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'team', annotations: { at: String(clock.nowMs()) } },
      data: { owner },
    }
    await api(coreV1.configMaps, name).patch('team', { type: 'apply', patch: object, force: true })
  },
})

test('defineController: what is deleted comes back, on the held clock', async () => {
  using own = cluster.fork()
  const running = await own.run(team)
  await own.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'red' } } })
  await own.settled()
  const api = own.client.core.v1.configMaps('shop')
  assert.equal((await api.get('team')).metadata.annotations?.at, String(own.clock.nowMs()))
  await api.delete('team')
  await own.settled()
  assert.equal((await api.get('team')).data?.owner, 'red')
  await running.stop()
  await api.delete('team')
  await own.settled()
  await assert.rejects(api.get('team'), { code: 404 })
})

test('defineController: a change of what is owned brings its owner up, and only named caches are read', async () => {
  using own = cluster.fork()
  const seen: string[] = []
  await own.run(
    defineController({
      name: 'watcher',
      for: appsV1.deployments,
      owns: [appsV1.replicaSets],
      async reconcile(deployment, { key, cached }) {
        const sets = cached(appsV1.replicaSets).list('default')
        seen.push(`${key} ${deployment?.metadata.name} ${sets.length}`)
        assert.throws(() => cached(coreV1.secrets), /name secrets in "owns" or "watches"/)
      },
    }),
  )
  await own.apply(deployment('web', 1))
  await own.settled()
  assert.ok(seen.includes('default/web web 1'), seen.join())
  await own.client.apps.v1.deployments('default').delete('web')
  await own.settled()
  assert.equal(seen.at(-1)?.split(' ')[1], 'undefined')
})

test('settled names a controller that is busy', async () => {
  await using own = await startCluster({ https: false, settleTimeout: 200 })
  let end = (): void => undefined
  const until = new Promise<void>((resolve) => {
    end = resolve
  })
  await own.run(
    defineController({
      name: 'slow',
      for: coreV1.nodes,
      reconcile: async () => {
        for (let stop = false; !stop; ) {
          await own.client.core.v1.nodes().list()
          stop = await Promise.race([until.then(() => true), Promise.resolve(false)])
        }
      },
    }),
  )
  await assert.rejects(own.settled(), { name: 'NotSettledError', message: /still busy: .*controller slow/ })
  end()
})

test('an informer is looped over: what is there first, then changes, and leaving the loop ends its watch', async () => {
  using own = cluster.fork()
  await own.apply(deployment('web', 1))
  await own.settled()
  const seen: string[] = []
  const informer = own.client.apps.v1.deployments('default').informer()
  const loop = (async () => {
    for await (const { type, object } of informer) {
      seen.push(`${type} ${object.metadata.name} ${object.spec?.replicas}`)
      if (type === 'deleted') break
    }
  })()
  await own.settled()
  assert.deepEqual(seen, ['added web 1'])
  assert.equal(informer.get('default/web')?.status?.readyReplicas, 1)
  await own.client.apps.v1.deployments('default').patch('web', { type: 'merge', patch: { spec: { replicas: 2 } } })
  await own.settled()
  assert.ok(seen.includes('updated web 2'))
  await own.client.apps.v1.deployments('default').delete('web')
  await own.settled()
  await loop
  assert.equal(seen.at(-1), 'deleted web 2')
})

test('a loop that is slow sees the last state, and ends with its cluster', async () => {
  const own = cluster.fork()
  const api = own.client.core.v1.configMaps('default')
  const changes: Change<{ metadata: object; data?: Readonly<Record<string, string>> }>[] = []
  const iterator = api.informer({ fieldSelector: 'metadata.name=counted' })[Symbol.asyncIterator]()
  const first = iterator.next()
  await api.create({ metadata: { name: 'counted' }, data: { n: '0' } })
  changes.push((await first).value)
  for (const n of ['1', '2', '3']) await api.patch('counted', { type: 'merge', patch: { data: { n } } })
  await own.settled()
  changes.push((await iterator.next()).value)
  assert.deepEqual(
    changes.map(({ type, object }) => `${type} ${object.data?.n}`),
    ['added 0', 'updated 3'],
  )
  const last = iterator.next()
  await own.stop()
  assert.equal((await last).done, true)
})

test('a watch ends when its loop is left', async () => {
  using own = cluster.fork()
  const api = own.client.core.v1.configMaps('default')
  await api.create({ metadata: { name: 'seen' } })
  for await (const event of api.watch({ resourceVersion: '0' })) {
    assert.equal(event.type, 'ADDED')
    break
  }
  await own.settled()
})

test('admission plugins of a test change objects and refuse them, and built-in ones can be left out', async () => {
  await using own = await startCluster({
    https: false,
    admission: {
      disabled: ['ServiceAccount'],
      plugins: [
        {
          name: 'Policy',
          mutate(attributes) {
            if (isFor(attributes, 'pods', 'CREATE')) attributes.object!.metadata.labels = { cost: 'low' }
          },
          validate(attributes) {
            const pod = attributes.object as Pod
            if (isFor(attributes, 'pods', 'CREATE') && !pod.spec?.containers[0]?.image?.startsWith('registry.example/'))
              throw forbid(attributes, 'images come from registry.example')
          },
        },
      ],
    },
  })
  const pods = own.client.core.v1.pods('default')
  const pod = (image: string): Pod => ({ metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image }] } })
  await assert.rejects(pods.create(pod('other/web')), {
    code: 403,
    message: 'pods "web" is forbidden: images come from registry.example',
  })
  const created = await pods.create(pod('registry.example/web'))
  assert.deepEqual([created.metadata.labels, created.spec?.volumes], [{ cost: 'low' }, undefined])
})

test('scheduler plugins of a test decide where pods go', async () => {
  await using own = await startCluster({
    nodes: [{ name: 'left' }, { name: 'right', labels: { licensed: 'true' } }],
    https: false,
    scheduler: {
      disabled: ['NodeResourcesBalancedAllocation'],
      filters: [
        {
          name: 'Licence',
          prepare: (pod) =>
            filterBy(({ node }) =>
              pod.metadata.labels?.licensed && !node.metadata.labels?.licensed
                ? unfit('node(s) had no licence')
                : undefined,
            ),
        },
      ],
      scores: [
        { name: 'Left', weight: 1_000, score: (_pod, nodes) => nodes.map(({ name }) => (name === 'left' ? 100 : 0)) },
      ],
    },
  })
  const pods = own.client.core.v1.pods('default')
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  for (let index = 0; index < 3; index++) await pods.create({ metadata: { name: `any-${index}` }, spec })
  await pods.create({ metadata: { name: 'paid', labels: { licensed: 'true' } }, spec })
  await own.settled()
  await own.client.core.v1
    .nodes()
    .patch('right', { type: 'merge', patch: { metadata: { labels: { licensed: null } } } })
  await pods.create({ metadata: { name: 'stuck', labels: { licensed: 'true' } }, spec })
  await own.settled()
  const where = new Map((await pods.list()).items.map(({ metadata, spec: of }) => [metadata.name, of?.nodeName]))
  assert.deepEqual([...where].sort(), [
    ['any-0', 'left'],
    ['any-1', 'left'],
    ['any-2', 'left'],
    ['paid', 'right'],
    ['stuck', undefined],
  ])
  const [condition] = (await pods.get('stuck')).status?.conditions ?? []
  assert.match(condition?.message ?? '', /^0\/2 nodes are available: 2 node\(s\) had no licence\./)
})

test('controllers and the scheduler can be left out, and others put in their place', async () => {
  await using own = await startCluster({ https: false, controllers: { except: ['scheduler', 'deployment'] } })
  await own.apply(deployment('web', 2))
  await own.settled()
  assert.deepEqual((await own.client.apps.v1.replicaSets('default').list()).items, [])
  await own.run(
    defineController({
      name: 'binder',
      for: coreV1.pods,
      async reconcile(pod, { api, name, namespace }) {
        if (!pod || pod.spec?.nodeName) return
        const target = { apiVersion: 'v1', kind: 'Node', name: 'node-1' }
        await api(coreV1.pods, namespace).createSub(name, 'binding', { metadata: { name }, target })
      },
    }),
  )
  await own.client.core.v1
    .pods('default')
    .create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  await own.settled()
  assert.equal((await own.client.core.v1.pods('default').get('p')).status?.phase, 'Running')
  await assert.rejects(
    startCluster({ https: false, controllers: ['deploymnt'] }),
    /no controller "deploymnt"; there are: .*deployment/,
  )
})

function deployment(name: string, replicas: number) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
    },
  }
}
