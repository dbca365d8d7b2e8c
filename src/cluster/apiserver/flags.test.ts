import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiServerFlags } from './flag-table.ts'
import { FlagError, parseFlags } from './flags.ts'
import { readSettings } from './settings.ts'
import { readTokenFile } from './token-file.ts'

test('parseFlags reads values after = or as the next word, booleans alone, and lists by commas or repeated', () => {
  const flags = parseFlags([
    '--secure_port',
    '7000',
    '-v=4',
    '--anonymous-auth=F',
    '--api-audiences=a,b',
    '--api-audiences',
    'c',
  ])
  assert.equal(flags.count('secure-port'), 7000)
  assert.equal(flags.count('v'), 4)
  assert.equal(flags.bool('anonymous-auth'), false)
  assert.deepEqual(flags.list('api-audiences'), ['a', 'b', 'c'])
  assert.equal(parseFlags(['--anonymous-auth']).bool('anonymous-auth'), true)
  assert.equal(parseFlags(['--event-ttl=1h30m']).durationMs('event-ttl'), 5_400_000)
})

test('each flag is honoured, fixed to a value that it accepts, or refused with a reason', () => {
  for (const { name, type, handling, why } of apiServerFlags().values()) {
    assert.ok(why.length > 5, name)
    const given = (value: string) => () => parseFlags([`--${name}=${value}`])
    if (handling === 'refused') assert.throws(given('1'), (error: Error) => error.message.includes(why), name)
    else if (handling !== 'honoured') {
      given(handling.only)()
      const other = { bool: String(handling.only !== 'true'), count: '7', duration: '7s' }[type as string] ?? 'other'
      assert.throws(given(other), FlagError, name)
    }
  }
})

const refused: [words: string[], message: RegExp][] = [
  [['--tls-min-version=VersionTLS11'], /--tls-min-version=VersionTLS11 is not offered, want one of VersionTLS12, V/],
  [['--tls-cipher-suites=RC4'], /--tls-cipher-suites=RC4 is not offered, want some of TLS_AES_128_GCM_SHA256, /],
  [['--strict-transport-security-directives=always'], /=always is unknown, want max-age=SECONDS/],
  [['--secure-port=65536'], /between 0 and 65535/],
  [['--secure-port'], /flag needs a value/],
  [['--event-ttl=soon'], /want a duration/],
  [['--service-cluster-ip-range='], /want one CIDR/],
  [['--service-cluster-ip-range=10.0.0.0'], /no CIDR/],
  [['--service-cluster-ip-range=10.0.0.0/32'], /fewer than two/],
  [['--service-node-port-range=2-1'], /must be first-last/],
  [['--authorization-mode=Node,Nobody'], /--authorization-mode=Nobody is not offered/],
  [['--enable-admission-plugins=AlwaysAdmit'], /not offered/],
  [['--disable-admission-plugins=Nope'], /unknown/],
  [['--request-timeout=0s'], /greater than 0/],
  [['--max-requests-inflight=0'], /greater than 0/],
  [['--cors-allowed-origins=example.com'], /pin the host/],
  [['--cors-allowed-origins=//a($'], /missing closing \)/],
  [['--service-account-max-token-expiration=5m'], /between 1 hour/],
  [['--endpoint-reconciler-type=master-count'], /only lease, none/],
  [['--runtime-config=v1=false'], /nothing works/],
]

for (const [words, message] of refused) {
  test(`readSettings refuses ${words.join(' ')}`, () => {
    assert.throws(() => readSettings(parseFlags(words)), message)
  })
}

test('readSettings translates what is said of TLS, and always offers what TLS 1.3 has', () => {
  const words = ['--tls-min-version=VersionTLS13', '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']
  const { tls, strictTransport } = readSettings(
    parseFlags([...words, '--strict-transport-security-directives=max-age=31536000,includeSubDomains']),
  )
  assert.equal(tls.minVersion, 'TLSv1.3')
  assert.match(tls.ciphers ?? '', /^TLS_AES_128_GCM_SHA256:.*:ECDHE-RSA-AES128-GCM-SHA256$/)
  assert.equal(strictTransport, 'max-age=31536000; includeSubDomains')
  const usual = readSettings(parseFlags([]))
  assert.deepEqual([usual.tls, usual.strictTransport], [{ minVersion: 'TLSv1.2' }, undefined])
})

test('readTokenFile reads quoted groups, and names a bad line without showing it', () => {
  assert.deepEqual(readTokenFile('# comment\nt,"u ""x""",1,"a, b"\nt2,u2,2\n\n'), {
    t: { name: 'u "x"', uid: '1', groups: ['a', 'b'], extra: {} },
    t2: { name: 'u2', uid: '2', groups: [], extra: {} },
  })
  for (const text of ['secret', 'secret,u', 'secret,u"x,1', 'a,b,c\nsecret,,1']) {
    assert.throws(
      () => readTokenFile(text),
      (error: Error) => !error.message.includes('secret'),
      text,
    )
  }
})
