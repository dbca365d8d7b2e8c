import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { issueAuthority } from '../../../api/x509/certificate.ts'
import { secretWarnings } from './secret-warnings.ts'

const period = { notBeforeMs: 0, notAfterMs: 1e13, serial: new Uint8Array(16).fill(5) }
const subject = { commonName: 'a', organizations: [] }
const [own, other] = [issueAuthority({ subject, ...period }), issueAuthority({ subject, ...period })]
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const [certificate, key] = [own.certificatePem, own.keyPem]
const broken = (type: string) => `-----BEGIN ${type}-----\nMAA=\n-----END ${type}-----\n`

const cases: [certificate: string, key: string, warning: string | undefined][] = [
  [certificate, key, undefined],
  [`${broken('X')}${certificate}`, `${broken('EC PARAMETERS')}${key}`, undefined],
  ['', key, 'tls: failed to find any PEM data in certificate input'],
  [
    key,
    certificate,
    'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
  ],
  [
    broken('A') + broken('B'),
    key,
    'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [A B]',
  ],
  [certificate, 'x', 'tls: failed to find any PEM data in key input'],
  [certificate, certificate, 'tls: found a certificate rather than a key in the PEM for the private key'],
  [certificate, broken('PRIVATE KEY'), 'tls: failed to parse private key'],
  [broken('CERTIFICATE'), key, 'x509: malformed certificate'],
  [certificate, other.keyPem, 'tls: private key does not match public key'],
  [certificate, String(rsa), 'tls: private key type does not match public key type'],
]

for (const [crt, pem, warning] of cases) {
  test(`a TLS secret is ${warning === undefined ? 'fine' : `warned of: ${warning}`}`, () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const secret = { metadata: {}, data: { 'tls.crt': base64(crt), 'tls.key': base64(pem) } }
    assert.deepEqual(secretWarnings({ ...secret, type: 'kubernetes.io/tls' }), warning === undefined ? [] : [warning])
    assert.deepEqual(secretWarnings({ ...secret, type: 'Opaque' }), [])
  })
}
