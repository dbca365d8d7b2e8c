import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, test } from 'node:test'
import { check, matchers } from './matchers.ts'
import { useCluster, withCluster } from './with-cluster.ts'

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'same' }, data: {} }

for (const round of ['first', 'second']) {
  test(
    `withCluster gives the ${round} test a cluster of its own`,
    withCluster(async (cluster) => {
      await cluster.client.core.v1.configMaps('default').create(configMap)
    }),
  )
}

test('a failing test gets its timeline, as text and as a page', async () => {
  const directory = mkdtempSync(`${tmpdir()}/k8ts-timeline-`)
  const failing = withCluster(
    async (cluster) => {
      await cluster.apply(configMap)
      await assert.rejects(cluster.as('ann').core.v1.secrets('default').list())
      throw new Error('expected <something> else')
    },
    { timelineDirectory: directory },
  )
  await assert.rejects(failing(undefined), (error: Error) => {
    assert.match(error.message, /^expected <something> else\n/)
    assert.match(error.message, /test +patch configmaps default\/same\n/)
    assert.match(error.message, /K8TS_SEED=1@\d+\)/)
    return true
  })
  const [name = ''] = readdirSync(directory)
  const page = readFileSync(`${directory}/${name}`, 'utf8')
  assert.match(page, /<h1>expected &lt;something&gt; else<\/h1>/)
  assert.match(page, /<tr class="refused">.*GET secrets default\/ <b>403<\/b>/)
  rmSync(directory, { recursive: true })
})

const file = useCluster({ before, after }, { https: false })

test('useCluster starts a cluster before the first test', async () => {
  assert.equal((await file.current.client.core.v1.nodes().list()).items.length, 1)
})

test('check.toBeDeniedWith tells a refusal from another', async () => {
  const denied = () => file.current.as('ann').core.v1.secrets('default').list()
  await check.toBeDeniedWith(denied, 403, 'cannot list', /User "ann"/)
  await assert.rejects(check.toBeDeniedWith(denied, 409), { message: /refused with 403 Forbidden: .*\nwanted: 409/ })
  await assert.rejects(check.toBeDeniedWith(Promise.resolve(), 403), { message: /was allowed/ })
})

test('a matcher that fails says what the object says about itself', () => {
  const deployment = {
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas: 3 },
    status: {
      replicas: 3,
      readyReplicas: 1,
      conditions: [{ type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' }],
    },
  }
  check.toHaveReadyReplicas(deployment, 1)
  check.toHaveCondition(deployment, 'Available', 'False')
  assert.equal(
    matchers.toHaveReadyReplicas(deployment, 3).message(),
    'Deployment shop/web: 1 replicas are ready, 3 wanted\n  wanted: 3 replicas\n  counts: replicas 3, readyReplicas 1\n  Available=False (MinimumReplicasUnavailable)',
  )
  assert.throws(() => check.toHavePhase({ metadata: { name: 'p' } }, 'Running'), { name: 'AssertionError' })
})
