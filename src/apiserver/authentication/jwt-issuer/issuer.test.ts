/** A real issuer over TLS: what it signed is believed, and nothing else is. */
import assert from 'node:assert/strict'
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { limits } from '../../../limits.ts'
import { silent } from '../../../platform/log.ts'
import { realPlatform } from '../../../platform/real/platform.ts'
import { simulatedClock } from '../../../platform/simulated/clock.ts'
import { hanging, type OutsideService, redirecting, startOutsideService, wordy } from '../../testbed/outside-service.ts'
import { readAuthenticationConfiguration } from '../configuration.ts'
import { ConfiguredTokens } from '../configured.ts'
import { issuerOfFlags } from '../oidc-flags.ts'
import { JwtIssuer } from './issuer.ts'

const { net } = realPlatform()
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const services: OutsideService[] = []
let service: OutsideService
let clock: ReturnType<typeof simulatedClock>
let keys: object[]

const jwk = (key: KeyObject, kid: string, alg?: string) => ({
  ...key.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  ...(alg ? { alg } : {}),
})

async function started(name?: string): Promise<OutsideService> {
  const one = await startOutsideService(name)
  services.push(one)
  return one
}

beforeEach(async () => {
  service = await started()
  clock = simulatedClock()
  keys = [jwk(rsa.publicKey, 'r'), jwk(ec.publicKey, 'e')]
  service.behave(documents)
})
after(async () => {
  for (const one of services) await one.close()
})

const documents: Parameters<OutsideService['behave']>[0] = ({ path }) =>
  path === '/keys' ? { keys } : { issuer: service.url, jwks_uri: `${service.url}/keys` }

const seconds = (inSeconds: number) => Math.floor(clock.nowMs() / 1000) + inSeconds

function tokenOf(
  claims: object = {},
  header: object = { alg: 'RS256', kid: 'r' },
  key: KeyObject = rsa.privateKey,
): string {
  const all = { iss: service.url, aud: 'ours', sub: 'ada', exp: seconds(600), ...claims }
  const encoded = [header, all].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const { alg } = header as { alg: string }
  const pss = alg.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}
  const signature = sign('sha256', Buffer.from(encoded), { key, dsaEncoding: 'ieee-p1363', ...pss })
  return `${encoded}.${signature.toString('base64url')}`
}

function configurationText(mappings: string, more = ''): string {
  const ca = JSON.stringify(service.caPem)
  return `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: "${service.url}", audiences: [ours], certificateAuthority: ${ca}}
  claimMappings:
    ${mappings}
${more}`
}

async function issuer(mappings = 'username: {claim: sub, prefix: "oidc:"}', more = ''): Promise<JwtIssuer> {
  const { jwt } = readAuthenticationConfiguration(configurationText(mappings, more))
  return await JwtIssuer.create({ net, clock, audiences: ['api'] }, jwt[0]!)
}

test('JwtIssuer believes what its issuer signed, by each kind of key', async () => {
  const one = await issuer()
  for (const [header, key] of [
    [{ alg: 'RS256', kid: 'r' }, rsa.privateKey],
    [{ alg: 'PS256', kid: 'r' }, rsa.privateKey],
    [{ alg: 'ES256', kid: 'e' }, ec.privateKey],
    [{ alg: 'RS256' }, rsa.privateKey],
  ] as const) {
    const owner = await one.authenticateToken(tokenOf({ jti: '7' }, header, key))
    assert.deepEqual(owner, {
      user: { name: 'oidc:ada', groups: [], extra: { 'authentication.kubernetes.io/credential-id': ['JTI=7'] } },
      audiences: ['api'],
    })
  }
  assert.equal(service.calls.length, 2)
})

test('JwtIssuer refuses what is not signed, not now, not for us, or not its own', async () => {
  const one = await issuer()
  const unsigned = tokenOf({}, { alg: 'RS256', kid: 'r' }).split('.')
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${unsigned[1]}.x`
  const head = Buffer.from('{"alg":"HS256","kid":"r"}').toString('base64url')
  const secret = rsa.publicKey.export({ type: 'spki', format: 'pem' })
  const confused = `${head}.${unsigned[1]}.${createHmac('sha256', secret).update(`${head}.${unsigned[1]}`).digest('base64url')}`
  const cases: [string, RegExp][] = [
    [none, /algorithm that is not allowed/],
    [confused, /algorithm that is not allowed/],
    [tokenOf({}, { alg: 'RS256', kid: 'r' }, stranger.privateKey), /verify the signature/],
    [tokenOf({}, { alg: 'ES256', kid: 'r' }, ec.privateKey), /verify the signature/],
    [
      `${unsigned[0]}.${Buffer.from(JSON.stringify({ iss: service.url })).toString('base64url')}.${unsigned[2]}`,
      /verify the signature/,
    ],
    [tokenOf({ exp: seconds(-1) }), /expired/],
    [tokenOf({ exp: 'later' }), /expired/],
    [tokenOf({ nbf: seconds(600) }), /not valid yet/],
    [tokenOf({ aud: 'theirs' }), /expected audiences/],
    [tokenOf({ aud: ['a', 'b'] }), /expected audiences/],
    [tokenOf({ sub: 7 }), /no text/],
  ]
  for (const [token, why] of cases) await assert.rejects(one.authenticateToken(token), why)
  assert.equal(await one.authenticateToken(tokenOf({ iss: 'https://other' })), undefined)
  assert.equal(await one.authenticateToken('no token'), undefined)
  await assert.rejects(one.authenticateToken(tokenOf(), ['elsewhere']), /not for these audiences/)
})

test('JwtIssuer reads keys again when they were changed, and not for every unknown one', async () => {
  const one = await issuer()
  await one.authenticateToken(tokenOf())
  keys = [jwk(stranger.publicKey, 's')]
  const renewed = () => tokenOf({}, { alg: 'RS256', kid: 's' }, stranger.privateKey)
  for (let turn = 0; turn < 5; turn++) await assert.rejects(one.authenticateToken(renewed()), /verify the signature/)
  assert.equal(service.calls.length, 2)
  await clock.advance(limits.issuerKeysPeriodMs)
  assert.ok(await one.authenticateToken(renewed()))
  await assert.rejects(one.authenticateToken(tokenOf()), /verify the signature/)
})

test('JwtIssuer maps claims by expressions and keeps the rules of its configuration', async () => {
  const mappings = `username: {expression: "'u:' + claims.name"}
    groups: {expression: "claims.roles.filter(r, r.startsWith('k8s-'))"}
    uid: {claim: sub}
    extra: [{key: example.com/team, valueExpression: "claims.team"}]`
  const one = await issuer(
    mappings,
    `  claimValidationRules:
  - {claim: hd, requiredValue: example.com}
  - {expression: "claims.level > 2", message: level is too low}
  userValidationRules:
  - {expression: "!user.username.contains('system:')", message: no look-alikes}`,
  )
  const claims = { name: 'ada', roles: ['k8s-dev', 'x'], team: 'red', hd: 'example.com', level: 3 }
  assert.deepEqual((await one.authenticateToken(tokenOf(claims)))?.user, {
    name: 'u:ada',
    uid: 'ada',
    groups: ['k8s-dev'],
    extra: { 'example.com/team': ['red'] },
  })
  const refused: [object, RegExp][] = [
    [{ hd: 'other.com' }, /required claim hd value does not match/],
    [{ level: 1 }, /level is too low/],
    [{ level: 'x' }, /resulted in error/],
    [{ name: 'system:masters' }, /no look-alikes/],
    [{ name: undefined }, /no such key/],
    [{ roles: [{}] }, /resulted in error/],
  ]
  for (const [change, why] of refused) {
    await assert.rejects(one.authenticateToken(tokenOf({ ...claims, ...change })), why)
  }
  await assert.rejects(issuer('username: {expression: "claims.email"}'), /email_verified must be used/)
  await assert.rejects(issuer('username: {expression: "claims.("}'), /compilation failed/)
})

test('issuerOfFlags is the issuer that single flags describe', async () => {
  const flags = { issuerUrl: service.url, clientId: 'ours', certificateAuthority: service.caPem, signingAlgorithms: [] }
  const make = (more: object) =>
    JwtIssuer.create({ net, clock, audiences: ['api'] }, issuerOfFlags({ ...flags, requiredClaims: [], ...more }))
  const who = async (more: object, claims: object) =>
    (await (await make(more)).authenticateToken(tokenOf(claims)))?.user
  assert.equal((await who({}, {}))?.name, `${service.url}#ada`)
  assert.equal((await who({ usernamePrefix: '-' }, {}))?.name, 'ada')
  const mail = { usernameClaim: 'email', groupsClaim: 'g', groupsPrefix: 'x:' }
  const found = await who(mail, { email: 'a@b', email_verified: true, g: ['1', '2'] })
  assert.deepEqual([found?.name, found?.groups], ['a@b', ['x:1', 'x:2']])
  await assert.rejects(who(mail, { email: 'a@b', email_verified: false }), /not verified/)
  await assert.rejects(who({ requiredClaims: ['a=b'] }, {}), /required claim a not present/)
  const elliptic = (await make({})).authenticateToken(tokenOf({}, { alg: 'ES256', kid: 'e' }, ec.privateKey))
  await assert.rejects(elliptic, /not allowed/)
  assert.throws(() => issuerOfFlags({ ...flags, requiredClaims: [], signingAlgorithms: ['HS256'] }), /not offered/)
})

test('JwtIssuer is not led astray by a hostile issuer, and works again afterwards', async () => {
  const other = await started()
  other.behave(documents)
  const one = await issuer()
  const cases: [Parameters<OutsideService['behave']>[0], RegExp][] = [
    [redirecting(`${other.url}/`), /redirects are not followed/],
    [wordy, /longer than/],
    [() => ({ issuer: other.url, jwks_uri: `${service.url}/keys` }), /another issuer's/],
    [() => ({ issuer: service.url, jwks_uri: 'http://localhost/keys' }), /no https/],
    [
      ({ path }) => (path === '/keys' ? { keys: 'x' } : { issuer: service.url, jwks_uri: `${service.url}/keys` }),
      /no keys/,
    ],
  ]
  for (const [behaviour, why] of cases) {
    service.behave(behaviour)
    await assert.rejects(one.authenticateToken(tokenOf()), why)
    await clock.advance(limits.issuerKeysPeriodMs)
  }
  assert.deepEqual(other.calls, [])
  service.behave(hanging)
  const waiting = assert.rejects(one.authenticateToken(tokenOf({ exp: seconds(6000) })), /deadline exceeded/)
  while (service.calls.length < 7) await clock.settle()
  await clock.advance(limits.remoteReviewTimeoutMs)
  await waiting
  await clock.advance(limits.issuerKeysPeriodMs)
  service.behave(documents)
  assert.ok(await one.authenticateToken(tokenOf()))
})

test('JwtIssuer does not speak to who has a certificate of somebody else', async () => {
  service = await started('elsewhere.example')
  service.behave(documents)
  await assert.rejects((await issuer()).authenticateToken(tokenOf()), /altnames|ERR_TLS|certificate/i)
  const honest = await started()
  const ca = honest.caPem
  service = await started()
  service.behave(documents)
  const flags = {
    issuerUrl: service.url,
    clientId: 'ours',
    certificateAuthority: ca,
    requiredClaims: [],
    signingAlgorithms: [],
  }
  const one = await JwtIssuer.create({ net, clock, audiences: ['api'] }, issuerOfFlags(flags))
  await assert.rejects(one.authenticateToken(tokenOf()), /certificate/)
  assert.deepEqual(service.calls, [])
})

test('ConfiguredTokens takes its file again when that changes: mappings, issuers, and nothing of what is wrong', async () => {
  const mapped = (expression: string) => configurationText(`username: {expression: "${expression}"}`)
  let text = mapped("'one:' + claims.sub")
  const logged: string[] = []
  const log = { ...silent, info: (line: string) => logged.push(line), error: (line: string) => logged.push(line) }
  let changed = () => {}
  const watch = (_path: string, listener: () => void) => {
    changed = listener
    return () => {}
  }
  const tokens = new ConfiguredTokens({ net, clock, audiences: ['api'], issuers: [] })
  const stop = await tokens.follow({ disk: { readText: async () => text, watch }, clock, log }, '/etc/authn')
  const change = async (next: string) => {
    text = next
    changed()
    while (logged.length === 0) await clock.settle()
    return logged.splice(0).join()
  }
  const name = async () => (await tokens.authenticateToken(tokenOf()))?.user.name
  assert.equal(await name(), 'one:ada')
  assert.match(await change(mapped("'two:' + claims.sub")), /read again/)
  assert.equal(await name(), 'two:ada')
  assert.match(await change(mapped("'three:' +")), /left aside/)
  assert.match(await change(text.replace('claimMappings', 'nope')), /left aside/)
  assert.equal(await name(), 'two:ada')
  const none = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n'
  assert.match(await change(none), /read again/)
  assert.equal(await name(), undefined)
  stop()
})
