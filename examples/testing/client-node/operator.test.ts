/** The operator, unchanged, against a cluster in its test: over HTTPS, with time held. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KubeConfig } from '@kubernetes/client-node'
import { startCluster } from 'k8ts/testing'
import { runOperator } from './operator.ts'

test('the operator keeps the ConfigMap, also a month later', async () => {
  // The operator is a program of its own, which a busy machine may slow down: it gets time to react.
  await using cluster = await startCluster({ externalQuiet: '500ms' })
  const config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  const operator = await runOperator(config)
  for (const name of ['shop', 'bank']) {
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: 'red' } } })
    await cluster.settled()
    assert.equal((await cluster.client.core.v1.configMaps(name).get('team')).data?.owner, 'red')
    await cluster.clock.advance('30d')
  }
  await operator.stop()
})
