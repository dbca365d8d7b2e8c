import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rbacV1 } from '../../api/resources.ts'
import { startTestApiServer } from '../../apiserver/testbed/server.ts'
import { createClient } from '../../client/client-impl.ts'
import { createInformers } from '../../client/informer-impl.ts'
import { clusterRoleAggregationController } from './reconcile.ts'

test('clusterRoleAggregationController writes what its roles have', async () => {
  const { transport, clock, random, log, stop } = await startTestApiServer()
  const client = createClient(transport)
  const informers = createInformers({ client, clock, random, log })
  try {
    const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]
    const api = client.of(rbacV1.clusterRoles)
    const labels = { 'example.com/to-all': 'true' }
    await api.create({
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] },
    })
    await api.create({ metadata: { name: 'one', labels }, rules })
    const controller = clusterRoleAggregationController({ client, informers, clock, random, log } as never)
    informers.start()
    await informers.synced()
    assert.deepEqual(await controller.reconcile('all'), { kind: 'done' })
    const all = await api.get('all')
    assert.deepEqual(all.rules, rules)
    const owners = (all.metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`)
    assert.ok(owners.includes('clusterrole-aggregation-controller Apply'), owners.join())
  } finally {
    await informers.stop()
    await stop()
  }
})
