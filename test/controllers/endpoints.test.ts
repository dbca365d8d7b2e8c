/** Endpoints objects and their Services, where one of them comes or goes in a hurry. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../src/api/resources.ts'
import type { Informers } from '../../src/client/informer.ts'
import { endpointsController } from '../../src/controllers/endpoints/reconcile.ts'
import { namespace, startTestbed } from './testbed.ts'

const service = (name: string) => ({ metadata: { name }, spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } })

test('Endpoints of a Service that goes before they are seen go as well', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.endpoints, { metadata: { name: 's' } })
  await bed.cluster.run('blind', (parts) => {
    const blind: Informers = {
      of: (resource, options) =>
        parts.informers.of(resource, {
          ...options,
          ...(resource.plural === 'endpoints' ? { labelSelector: 'a=b' } : {}),
        }),
      drop: (informer) => parts.informers.drop(informer),
      start: () => parts.informers.start(),
      synced: () => parts.informers.synced(),
      stop: () => parts.informers.stop(),
    }
    const { reconcile } = endpointsController({ ...parts, informers: blind })
    return { name: 'blind', sources: [], reconcile, start: (queue) => queue.add(`${namespace}/s`) }
  })
  await bed.settle()
  assert.deepEqual((await bed.client.of(coreV1.endpoints, namespace).list()).items, [])
})

test('what is left of Services that went while nobody looked is taken away at start, but no lock', async () => {
  await using bed = await startTestbed()
  const endpoints = bed.client.of(coreV1.endpoints, namespace)
  const annotations = { 'control-plane.alpha.kubernetes.io/leader': '{}' }
  await endpoints.create({ metadata: { name: 'left' } })
  await endpoints.create({ metadata: { name: 'lock', annotations } })
  await bed.create(coreV1.services, { ...service('own'), spec: { ports: [{ port: 80 }] } })
  await endpoints.create({ metadata: { name: 'own' } })
  await bed.settle()
  await bed.cluster.run('endpoints-again', (parts) => ({ ...endpointsController(parts), name: 'endpoints-again' }))
  await bed.settle()
  const { items } = await endpoints.list()
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['lock', 'own'],
  )
})

test('Endpoints that can not be written are told of', async () => {
  await using bed = await startTestbed()
  await bed.create(coreV1.resourceQuotas, { metadata: { name: 'q' }, spec: { hard: { 'count/endpoints': '0' } } })
  await bed.settle()
  await bed.create(coreV1.services, service('s'))
  await bed.settle()
  const told = (await bed.events()).filter((event) => event.includes('FailedToCreateEndpoint'))
  assert.match(
    told[0] ?? '',
    /^Endpoints\/s Warning FailedToCreateEndpoint: Failed to create endpoint for service test\/s: endpoints "s" is forbidden/,
  )
})
