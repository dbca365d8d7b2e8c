import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, networkingV1 } from '../../src/api/resources.ts'
import { namespace, startTestbed } from './testbed.ts'

test('a new ServiceCIDR serves Services once it is ready, and stays until the last of them is gone', async () => {
  await using bed = await startTestbed()
  const cidrs = bed.client.of(networkingV1.serviceCIDRs)
  const readyOf = async () => (await cidrs.get('more')).status?.conditions?.find(({ type }) => type === 'Ready')
  await cidrs.create({ metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/24'] } })
  await bed.settle()
  assert.equal((await readyOf())?.status, 'True')
  const services = bed.client.of(coreV1.services, namespace)
  await services.create({ metadata: { name: 's' }, spec: { clusterIP: '10.200.0.7', ports: [{ port: 80 }] } })
  await cidrs.delete('more')
  await bed.advance(60_000)
  const { status, reason } = (await readyOf()) ?? {}
  assert.deepEqual([status, reason], ['False', 'Terminating'])
  await services.delete('s')
  await bed.advance(60_000)
  await assert.rejects(cidrs.get('more'), { code: 404 })
  await assert.rejects(bed.client.of(networkingV1.ipAddresses).get('10.200.0.7'), { code: 404 })
})
