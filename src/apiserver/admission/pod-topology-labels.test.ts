import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'
import { admissionChain } from './plugin.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'

test('a pod gets its zone and region from the node that it is bound to or names, and nothing else', async () => {
  const caller = await TestCaller.start({
    security: ({ objects }) => ({
      authenticator: { authenticate: async () => undefined },
      authorizer: { authorize: async () => ({ allowed: true, reason: '' }) },
      admission: admissionChain([podTopologyLabels(objects)]),
    }),
  })
  const place = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' }
  await caller.call('POST', '/api/v1/nodes', { metadata: { name: 'n', labels: { ...place, other: 'x' } } })
  const pods = '/api/v1/namespaces/default/pods'
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  const own = { 'topology.kubernetes.io/zone': 'mine', a: 'b' }
  await caller.call('POST', pods, { metadata: { name: 'p', labels: own }, spec })
  assert.deepEqual((await caller.get(`${pods}/p`)).body.metadata.labels, own)
  await caller.call('POST', `${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } })
  assert.deepEqual((await caller.get(`${pods}/p`)).body.metadata.labels, { ...place, a: 'b' })
  const { body } = await caller.call('POST', pods, { metadata: { name: 'q' }, spec: { ...spec, nodeName: 'n' } })
  assert.deepEqual(body.metadata.labels, place)
  await caller.api.stop()
})
