import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { certificateSubject, issueAuthority, issueCertificate } from './certificate.ts'
import { addressBytes } from './names.ts'

const period = {
  notBeforeMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  notAfterMs: Date.UTC(2055, 0, 2),
  serial: new Uint8Array(16).fill(0xff),
}
const authority = issueAuthority({ subject: { commonName: 'kubernetes', organizations: [] }, ...period })

test('issueAuthority makes a self-signed authority that OpenSSL reads', () => {
  const certificate = new X509Certificate(authority.certificatePem)
  assert.equal(certificate.ca, true)
  assert.ok(certificate.verify(certificate.publicKey))
  assert.equal(certificate.subject, 'CN=kubernetes')
  assert.equal(new Date(certificate.validFrom).getTime(), period.notBeforeMs)
  assert.equal(new Date(certificate.validTo).getTime(), period.notAfterMs)
})

test('issueCertificate carries subject, names and usages and verifies against its authority only', () => {
  const other = issueAuthority({ subject: { commonName: 'kubernetes', organizations: [] }, ...period })
  const leaf = issueCertificate(authority, {
    ...period,
    subject: { commonName: 'system:node:a', organizations: ['system:nodes', 'b'] },
    dnsNames: ['a', 'a.example'],
    ipAddresses: ['10.96.0.1', '::1', 'fd00::a:1'],
    usages: ['serverAuth', 'clientAuth'],
  })
  const certificate = new X509Certificate(leaf.certificatePem)
  const issuer = new X509Certificate(authority.certificatePem)
  assert.ok(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))
  assert.ok(!certificate.verify(new X509Certificate(other.certificatePem).publicKey))
  assert.equal(
    certificate.subjectAltName,
    'DNS:a, DNS:a.example, IP Address:10.96.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FD00:0:0:0:0:0:A:1',
  )
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  const subject = certificateSubject(certificate.raw)
  assert.equal(subject.commonName, 'system:node:a')
  assert.deepEqual([...subject.organizations].sort(), ['b', 'system:nodes'])
})

test('addressBytes refuses what is no address', () => {
  for (const bad of ['', 'localhost', '1:2', 'fd00::g', '1.2.3']) assert.throws(() => addressBytes(bad), /IP address/)
})
