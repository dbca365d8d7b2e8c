import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import { startTestApiServer } from '../../apiserver/testbed/server.ts'
import { createClient } from '../../client/client-impl.ts'
import { createInformers } from '../../client/informer-impl.ts'
import { resourceQuotaController } from './reconcile.ts'

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
    assert.deepEqual(await controller.reconcile('a/q'), { kind: 'done' })
    const { status } = await client.of(coreV1.resourceQuotas, 'a').get('q')
    assert.deepEqual(status, { hard, used: { configmaps: '1', 'services.nodeports': '1', pods: '0' } })
  } finally {
    await informers.stop()
    await stop()
  }
})
