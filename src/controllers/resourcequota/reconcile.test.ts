import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import { startTestApiServer } from '../../apiserver/testbed/server.ts'
import { createClient } from '../../client/client-impl.ts'
import type { Source } from '../../client/controller.ts'
import { createInformers } from '../../client/informer-impl.ts'
import { resourceQuotaController } from './reconcile.ts'

test('resourceQuotaController does not count when admission charges a quota: what is let in is not stored yet', async () => {
  const { transport, clock, random, log, stop } = await startTestApiServer({ namespaces: ['a'] })
  const client = createClient(transport)
  const informers = createInformers({ client, clock, random, log })
  try {
    const [{ keysOf }] = resourceQuotaController({ client, informers, clock, random, log } as never).sources as [Source]
    const quota = (pods: string, used: string, counted = pods) => ({
      metadata: { name: 'q', namespace: 'a' },
      spec: { hard: { pods } },
      status: { hard: { pods: counted }, used: { pods: used } },
    })
    const previous = quota('2', '0')
    assert.deepEqual(keysOf({ type: 'updated', previous, object: quota('2', '1') }), [])
    assert.deepEqual(keysOf({ type: 'updated', previous, object: quota('3', '0', '2') }), ['a/q'])
    assert.deepEqual(keysOf({ type: 'updated', previous, object: quota('2', '0', '9') }), ['a/q'])
    assert.deepEqual(keysOf({ type: 'added', object: previous }), ['a/q'])
  } finally {
    await informers.stop()
    await stop()
  }
})

test('resourceQuotaController fills in the status of a new quota', async () => {
  const { transport, clock, random, log, stop } = await startTestApiServer({ namespaces: ['a'] })
  const client = createClient(transport)
  const informers = createInformers({ client, clock, random, log })
  try {
    await client.of(coreV1.configMaps, 'a').create({ metadata: { name: 'c' } })
    await client
      .of(coreV1.services, 'a')
      .create({ metadata: { name: 's' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } })
    const hard = { configmaps: '3', 'services.nodeports': '2', pods: '1' }
    await client.of(coreV1.resourceQuotas, 'a').create({ metadata: { name: 'q' }, spec: { hard } })
    const controller = resourceQuotaController({ client, informers, clock, random, log } as never)
    informers.start()
    await informers.synced()
    assert.deepEqual(await controller.reconcile('a/q'), { kind: 'requeueAfter', delayMs: 1000 })
    const { status } = await client.of(coreV1.resourceQuotas, 'a').get('q')
    assert.deepEqual(status, { hard, used: { configmaps: '1', 'services.nodeports': '1', pods: '0' } })
  } finally {
    await informers.stop()
    await stop()
  }
})
