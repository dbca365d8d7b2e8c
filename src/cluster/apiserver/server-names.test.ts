import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Identity, issueAuthority } from '../../api/x509/certificate.ts'
import { parseFlags } from './flags.ts'
import { namedIdentitiesOf } from './server-names.ts'

let files: Record<string, string>
before(() => {
  const own = issue('own.test', ['a.own.test', '*.own.test'])
  const other = issue('10.0.0.1', ['other.test'])
  files = { 'own.crt': own.certificatePem, 'own.key': own.keyPem, 'other.crt': other.certificatePem }
  files['other.key'] = other.keyPem
})

function issue(commonName: string, dnsNames: string[]): Identity {
  const spec = { subject: { commonName, organizations: [] }, dnsNames, serial: Buffer.from([1]) }
  return issueAuthority({ ...spec, notBeforeMs: 0, notAfterMs: 1e12 } as unknown as Parameters<
    typeof issueAuthority
  >[0])
}

async function namesOf(...values: string[]): Promise<(readonly string[])[]> {
  const flags = parseFlags(values.map((value) => `--tls-sni-cert-key=${value}`))
  return (await namedIdentitiesOf(flags, async (_flag, path) => files[path] ?? '')).map(({ names }) => names)
}

test('namedIdentitiesOf takes the names of a flag before those of certificates, and no addresses', async () => {
  assert.deepEqual(await namesOf('own.crt,own.key', 'other.crt,other.key:*.x.test, y.test'), [
    ['*.x.test', 'y.test'],
    ['own.test', 'a.own.test', '*.own.test'],
  ])
  assert.deepEqual(await namesOf('other.crt,other.key'), [['other.test']])
})

test('namedIdentitiesOf refuses what is no pair', async () => {
  await assert.rejects(namesOf('own.crt'), /want certificate,key/)
  await assert.rejects(namesOf('own.crt,other.key'), /own.crt: the key is that of another certificate/)
  await assert.rejects(namesOf('own.crt,own.key:a b'), /a b is no name/)
})
