/** An operator in the same process: every Namespace with the label `team` gets a ConfigMap that names its owner. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Controller, type ControllerParts, coreV1, done, source, withCluster } from 'k8ts/testing'

function teamController({ client, informers }: ControllerParts): Controller {
  const namespaces = informers.of(coreV1.namespaces)
  const configMaps = informers.of(coreV1.configMaps)
  return {
    name: 'team',
    sources: [
      source(namespaces, ({ object }) => [object.metadata.name ?? '']),
      source(configMaps, ({ object }) => (object.metadata.name === 'team' ? [object.metadata.namespace ?? ''] : [])),
    ],
    async reconcile(name) {
      const namespace = namespaces.get(name)
      const owner = namespace?.metadata.labels?.team
      if (!owner || namespace?.metadata.deletionTimestamp) return done
      if (configMaps.get(`${name}/team`)?.data?.owner === owner) return done
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'team' }, data: { owner } }
      const patch = { type: 'apply', patch: object, force: true } as const
      await client.of(coreV1.configMaps, name).patch('team', patch, { fieldManager: 'team' })
      return done
    },
  }
}

const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'red' } } }

test(
  'the operator keeps the ConfigMap, whoever changes or deletes it',
  withCluster(async (cluster) => {
    await cluster.run('team-operator', teamController)
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
    await cluster.run('team-operator', teamController)
    await cluster.apply(namespace)
    await cluster.settled()
    await cluster.clock.advance('1m')
    assert.equal((await cluster.client.core.v1.configMaps('shop').get('team')).data?.owner, 'red')
  }),
)
