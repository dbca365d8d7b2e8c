import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '../../api/types/core/v1.ts'
import { classesByResource, extendedClaim } from './extended.ts'

const resource = 'example.com/gpu'
const deviceClass = (name: string, creationTimestamp: string) => ({
  metadata: { name, creationTimestamp },
  spec: { extendedResourceName: resource },
})

test('classesByResource takes the newest class, then the first by name, and names each by itself', () => {
  const [old, young] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'] as const
  const classes = classesByResource([deviceClass('c', young), deviceClass('a', old), deviceClass('b', young)])
  assert.equal(classes.get(resource)?.metadata.name, 'b')
  assert.equal(classes.get('deviceclass.resource.kubernetes.io/a')?.metadata.name, 'a')
})

function container(name: string, count: number, more: Partial<Container> = {}): Container {
  const requests = { cpu: '1', ...(count > 0 ? { [resource]: String(count) } : {}) }
  return { name, image: 'i', resources: { requests }, ...more }
}

const table: [what: string, inits: Container[], containers: Container[], requests: string[], mappings: string[]][] = [
  [
    'one request for each container',
    [],
    [container('a', 1), container('b', 2)],
    ['container-0-request-1=1', 'container-1-request-1=2'],
    ['a:container-0-request-1', 'b:container-1-request-1'],
  ],
  [
    'nothing for containers that ask for none',
    [],
    [container('a', 0), container('b', 1)],
    ['container-1-request-1=1'],
    ['b:container-1-request-1'],
  ],
  [
    'to init containers what the later ones have, and what they need beyond that once',
    [container('i', 3), container('j', 2)],
    [container('a', 1)],
    ['container-0-request-1=2', 'container-2-request-1=1'],
    [
      'a:container-2-request-1',
      'i:container-2-request-1',
      'j:container-2-request-1',
      'i:container-0-request-1',
      'j:container-0-request-1',
    ],
  ],
  [
    'a request of its own to a sidecar',
    [container('s', 1, { restartPolicy: 'Always' })],
    [container('a', 1)],
    ['container-0-request-1=1', 'container-1-request-1=1'],
    ['s:container-0-request-1', 'a:container-1-request-1'],
  ],
]

for (const [what, initContainers, containers, requests, mappings] of table) {
  test(`extendedClaim gives ${what}`, () => {
    const pod: Pod = { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { initContainers, containers } }
    const found = extendedClaim(pod, [resource], () => deviceClass('gpu', ''))
    const asked = found?.claim.spec.devices?.requests ?? []
    assert.deepEqual(
      asked.map(({ name, exactly }) => `${name}=${exactly?.count}`),
      requests,
    )
    assert.deepEqual(
      found?.mappings.map(({ containerName, requestName }) => `${containerName}:${requestName}`),
      mappings,
    )
  })
}
