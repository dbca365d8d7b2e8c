import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, Service } from '../api/types/core/v1.ts'
import { addressOf, ChangeTimes } from './service-pods.ts'

const service = { metadata: { namespace: 'n', name: 's', creationTimestamp: 't0' } } as Service
const pod = (name: string, turned: string) =>
  ({
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: turned }] },
  }) as Pod

test('endpoints tell when the first of the changes came that they show, and nothing when none did', () => {
  const times = new ChangeTimes()
  assert.equal(times.since(service, [pod('a', 't1')]), 't0')
  assert.equal(times.since(service, [pod('a', 't1')]), '')
  assert.equal(times.since(service, [pod('a', 't4'), pod('b', 't3'), pod('c', 't5')]), 't3')
  assert.equal(times.since(service, []), '')
  times.forget('n/s')
  assert.equal(times.since(service, []), 't0')
})

test('addresses are spelled as endpoints must spell them', () => {
  const pod = { metadata: {}, status: { podIPs: [{ ip: '10.0.0.1' }, { ip: 'FD09::0:2' }] } }
  assert.deepEqual([addressOf(pod, 'IPv4'), addressOf(pod, 'IPv6')], ['10.0.0.1', 'fd09::2'])
})
