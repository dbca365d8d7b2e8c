import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { certificatesV1 } from '../../api/resources.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts'
import { issueAuthority, pem } from '../../api/x509/certificate.ts'
import { bitString, context, element, integer, octetString, oid, sequence, tags } from '../../api/x509/der.ts'
import { alternativeNames, type Subject, subjectDer } from '../../api/x509/names.ts'
import { readCertificateRequest } from '../../api/x509/request.ts'
import { startCluster } from '../../testing/cluster.ts'
import { isOverInMs } from './cleaning.ts'
import { certificateSigningController } from './reconcile.ts'
import { refusal, signers } from './signers.ts'

const node: Subject = { commonName: 'system:node:n1', organizations: ['system:nodes'] }
const clientUsages = ['digital signature', 'client auth']

function requestFor(subject: Subject, dnsNames: readonly string[] = [], ipAddresses: readonly string[] = []): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const names = sequence(oid('2.5.29.17'), octetString(alternativeNames(dnsNames, ipAddresses)))
  const extensions = sequence(oid('1.2.840.113549.1.9.14'), element(tags.set, sequence(names)))
  const attributes = dnsNames.length + ipAddresses.length > 0 ? context(0, extensions) : context(0)
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const info = sequence(integer(Uint8Array.of(0)), subjectDer(subject), spki, attributes)
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  return pem('CERTIFICATE REQUEST', sequence(info, algorithm, bitString(sign('sha256', info, privateKey))))
}

function csr(name: string, signerName: string, text: string, usages = clientUsages): CertificateSigningRequest {
  return { metadata: { name }, spec: { signerName, usages, request: Buffer.from(text).toString('base64') } }
}

async function startWithRights(): ReturnType<typeof startCluster> {
  const cluster = await startCluster({ https: false, freeze: true, nodes: 0, startTime: '2026-01-01T00:00:00Z' })
  await cluster.client.rbac.v1.clusterRoles().create({
    metadata: { name: 'boot' },
    rules: [
      { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create'] },
      { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/nodeclient'], verbs: ['create'] },
    ],
  })
  await cluster.client.rbac.v1.clusterRoleBindings().create({
    metadata: { name: 'boot' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'boot' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'boot' }],
  })
  return cluster
}

test('a node that may ask gets its client certificate by itself', async () => {
  await using cluster = await startWithRights()
  const own = cluster.client.certificates.v1.certificateSigningRequests()
  const requests = cluster.as('boot').certificates.v1.certificateSigningRequests()
  await requests.create({ ...csr('n1', signers.kubeletClient, requestFor(node)) })
  await cluster.settled()
  const { status } = await own.get('n1')
  const [approved] = status?.conditions ?? []
  assert.equal(approved?.reason, 'AutoApproved')
  assert.equal(approved?.message, 'Auto approving kubelet client certificate after SubjectAccessReview.')
  const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'))
  assert.equal(certificate.subject, 'O=system:nodes\nCN=system:node:n1')
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  assert.equal(Date.parse(certificate.validTo), Date.parse('2026-12-31T23:55:00Z'))
  await cluster.clock.advance('59m')
  assert.ok(await own.get('n1'))
  await cluster.clock.advance('2m')
  await cluster.settled()
  await assert.rejects(own.get('n1'), { reason: 'NotFound' })
})

test('who may not ask waits for approval, and what a signer forbids fails', async () => {
  await using cluster = await startWithRights()
  const requests = cluster.client.certificates.v1.certificateSigningRequests()
  const boot = cluster.as('boot').certificates.v1.certificateSigningRequests()
  const serving = csr('serving', signers.kubeletServing, requestFor(node, ['n1'], ['192.0.2.1']), [
    'digital signature',
    'server auth',
  ])
  const wrong = csr('wrong', signers.kubeletServing, requestFor(node))
  const foreign = csr('foreign', 'example.com/mine', requestFor(node))
  for (const one of [serving, wrong, foreign]) {
    const made = await boot.create(one)
    await cluster.settled()
    assert.deepEqual((await requests.get(made.metadata.name ?? '')).status?.conditions ?? [], [])
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: '' }]
    const api = cluster.api.of(certificatesV1.certificateSigningRequests)
    await api.updateSub(made.metadata.name ?? '', 'approval', { ...made, status: { conditions } })
  }
  await cluster.settled()
  const { certificate = '' } = (await requests.get('serving')).status ?? {}
  const served = new X509Certificate(Buffer.from(certificate, 'base64'))
  assert.equal(served.subjectAltName, 'DNS:n1, IP Address:192.0.2.1')
  assert.deepEqual(served.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  const failed = (await requests.get('wrong')).status?.conditions?.at(-1)
  assert.deepEqual([failed?.type, failed?.reason], ['Failed', 'SignerValidationFailure'])
  assert.equal(failed?.message, 'DNS or IP subjectAltName is required')
  assert.equal((await requests.get('foreign')).status?.certificate, undefined)
})

test('each signer has an authority of its own where there are several, and who has none signs nothing', async () => {
  const name = 'certificatesigningrequest-signing'
  const start = { https: false, nodes: 0, startTime: '2026-01-01T00:00:00Z', controllers: { except: [name] } } as const
  await using cluster = await startCluster(start)
  const life = { notBeforeMs: Date.parse('2026-01-01'), notAfterMs: Date.parse('2036-01-01') }
  const authorityOf = (commonName: string) =>
    issueAuthority({ ...life, subject: { commonName, organizations: [] }, serial: Uint8Array.of(1) })
  const authority = new Map([
    [signers.client, authorityOf('for clients')],
    [signers.kubeletClient, authorityOf('for nodes')],
  ])
  await cluster.run(name, (parts) => certificateSigningController(parts, { authority }))
  const api = cluster.api.of(certificatesV1.certificateSigningRequests)
  const issuers: (string | undefined)[] = []
  for (const [index, signer] of [signers.client, signers.kubeletClient, signers.kubeletServing].entries()) {
    const made = await api.create(csr(`r${index}`, signer, requestFor(node)))
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: '' }]
    await api.updateSub(`r${index}`, 'approval', { ...made, status: { conditions } })
    await cluster.settled()
    const { certificate } = (await api.get(`r${index}`)).status ?? {}
    issuers.push(certificate && new X509Certificate(Buffer.from(certificate, 'base64')).issuer)
  }
  assert.deepEqual(issuers, ['CN=for clients', 'CN=for nodes', undefined])
})

test('refusal keeps to the rules of each signer', () => {
  const plain = readCertificateRequest(requestFor(node))
  const named = readCertificateRequest(requestFor(node, ['n1']))
  const user = readCertificateRequest(requestFor({ commonName: 'jane', organizations: [] }))
  assert.equal(refusal(signers.client, user, ['client auth']), undefined)
  assert.equal(refusal(signers.client, user, ['server auth']), 'invalid usage for client certificate: server auth')
  assert.equal(
    refusal(signers.client, user, ['key encipherment']),
    'missing required usage for client certificate: client auth',
  )
  assert.equal(refusal(signers.kubeletClient, plain, clientUsages), undefined)
  assert.equal(refusal(signers.kubeletClient, named, clientUsages), 'DNS subjectAltNames are not allowed')
  assert.equal(refusal(signers.kubeletClient, user, clientUsages), 'subject organization is not system:nodes')
  assert.equal(
    refusal(signers.kubeletServing, named, clientUsages),
    'usages did not match [digital signature key encipherment server auth]',
  )
  assert.equal(refusal(signers.legacy, user, []), undefined)
  assert.equal(refusal('example.com/mine', user, []), 'unknown')
})

test('readCertificateRequest refuses what is not signed by its key, and what is no request', () => {
  const text = requestFor(node)
  const der = Buffer.from(text.replace(/-----.*-----|\n/g, ''), 'base64')
  der[30] = (der[30] ?? 0) ^ 1
  assert.throws(() => readCertificateRequest(pem('CERTIFICATE REQUEST', der)), { name: 'DerError' })
  assert.throws(() => readCertificateRequest('nothing'), /PEM block type must be CERTIFICATE REQUEST/)
  assert.throws(() => readCertificateRequest(pem('CERTIFICATE REQUEST', der.subarray(0, 20))), { name: 'DerError' })
})

test('isOverInMs lets undecided requests wait for a day', () => {
  const nowMs = Date.parse('2026-01-02T00:00:00Z')
  const metadata = { creationTimestamp: '2026-01-01T00:00:00Z' }
  const spec = { request: '', signerName: 'example.com/mine' }
  assert.equal(isOverInMs({ metadata, spec }, nowMs), 0)
  const denied = { type: 'Denied', status: 'True', lastUpdateTime: '2026-01-01T23:30:00Z' }
  assert.equal(isOverInMs({ metadata, spec, status: { conditions: [denied] } }, nowMs), 1_800_000)
})
