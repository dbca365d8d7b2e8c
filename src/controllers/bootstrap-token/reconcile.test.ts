import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { startCluster } from '../../testing/cluster.ts'
import { signingToken } from './plan.ts'

function tokenSecret(id: string, more: Record<string, string> = {}) {
  const stringData = { 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...more }
  return { metadata: { name: `bootstrap-token-${id}` }, type: 'bootstrap.kubernetes.io/token', stringData }
}

test('cluster-info carries a signature for each token that lives, and ended tokens go', async () => {
  await using cluster = await startCluster({ https: false, freeze: true, nodes: 0, startTime: '2026-01-01T00:00:00Z' })
  const { v1 } = cluster.client.core
  const kubeconfig = 'apiVersion: v1\nkind: Config\n'
  await v1.configMaps('kube-public').create({ metadata: { name: 'cluster-info' }, data: { kubeconfig } })
  await v1.secrets('kube-system').create(tokenSecret('aaaaaa'))
  await v1.secrets('kube-system').create(tokenSecret('bbbbbb', { expiration: '2026-01-01T01:00:00Z' }))
  await v1.secrets('kube-system').create(tokenSecret('cccccc', { 'usage-bootstrap-signing': 'false' }))
  await cluster.settled()
  const { data = {} } = await v1.configMaps('kube-public').get('cluster-info')
  assert.deepEqual(Object.keys(data).sort(), ['jws-kubeconfig-aaaaaa', 'jws-kubeconfig-bbbbbb', 'kubeconfig'])
  const [head = '', body, signature] = (data['jws-kubeconfig-aaaaaa'] ?? '').split('.')
  assert.equal(Buffer.from(head, 'base64url').toString(), '{"alg":"HS256","kid":"aaaaaa"}')
  assert.equal(body, '')
  const signed = `${head}.${Buffer.from(kubeconfig).toString('base64url')}`
  assert.equal(signature, createHmac('sha256', '0123456789abcdef').update(signed).digest('base64url'))
  await cluster.clock.advance('61m')
  await cluster.settled()
  await assert.rejects(v1.secrets('kube-system').get('bootstrap-token-bbbbbb'), { reason: 'NotFound' })
  const later = (await v1.configMaps('kube-public').get('cluster-info')).data ?? {}
  assert.deepEqual(Object.keys(later).sort(), ['jws-kubeconfig-aaaaaa', 'kubeconfig'])
})

test('signingToken wants the name that the id says', () => {
  const encode = (data: Record<string, string>) =>
    Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')]))
  const { stringData, ...secret } = tokenSecret('aaaaaa')
  const data = encode(stringData)
  assert.deepEqual(signingToken({ ...secret, data }, 0), { id: 'aaaaaa', secret: '0123456789abcdef' })
  assert.equal(signingToken({ ...secret, metadata: { name: 'bootstrap-token-other0' }, data }, 0), undefined)
  assert.equal(signingToken({ ...secret, type: 'Opaque', data }, 0), undefined)
})
