/** An operator in the same process: every Namespace with the label `team` gets a ConfigMap that names its owner. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, defineController, watching, withCluster } from 'k8ts/testing'

const teamOperator = defineController({
  name: 'team-operator',
  for: coreV1.namespaces,
  watches: [
    watching(coreV1.configMaps, ({ object: { metadata } }) =>
      metadata.name === 'team' ? [metadata.namespace ?? ''] : [],
    ),
  ],
  async reconcile(namespace, { name, api, cached }) {
    const owner = namespace?.metadata.labels?.team
    if (!owner || namespace?.metadata.deletionTimestamp) return
    if (cached(coreV1.configMaps).get(`${name}/team`)?.data?.owner === owner) return
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'team' }, data: { owner } }
    await api(coreV1.configMaps, name).patch('team', { type: 'apply', patch: object, force: true })
  },
})

const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'red' } } }

test(
  'the operator keeps the ConfigMap, whoever changes or deletes it',
  withCluster(async (cluster) => {
    await cluster.run(teamOperator)
    await cluster.apply(namespace)
    await cluster.settled()
    const configMaps = cluster.client.core.v1.configMaps('shop')
    assert.equal((await configMaps.get('team')).data?.owner, 'red')

    await configMaps.delete('team')
    await cluster.settled()
    assert.equal((await configMaps.get('team')).data?.owner, 'red')
  }),
)

test(
  'the operator gets over conflicts, errors and lost watches',
  withCluster(async (cluster) => {
    cluster.faults.add({ match: { component: 'team-operator', verb: 'patch' }, refuse: 409, times: 3 })
    cluster.faults.add({ match: { component: 'team-operator', verb: 'patch' }, loseAnswer: true, times: 1 })
    cluster.faults.add({ match: { component: 'team-operator', verb: 'watch' }, dropWatchAfter: 1 })
    await cluster.run(teamOperator)
    await cluster.apply(namespace)
    await cluster.settled()
    await cluster.clock.advance('1m')
    assert.equal((await cluster.client.core.v1.configMaps('shop').get('team')).data?.owner, 'red')
  }),
)
