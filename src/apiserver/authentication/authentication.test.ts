import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, test } from 'node:test'
import type { KubeObject, Resource } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { TokenRequest } from '../../api/types/authentication/v1.ts'
import { derOf, issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Authorizer } from '../authorize.ts'
import type { ApiRequest, UserInfo } from '../request.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { BootstrapTokens } from './bootstrap-token.ts'
import { CertificateAuthenticator, ClientAuthority, validityOf } from './certificate.ts'
import { CertificateExpiry } from './certificate-expiry.ts'
import { AuthenticatorChain } from './chain.ts'
import { extraFromHeaders } from './headers.ts'
import { impersonator } from './impersonation.ts'
import { hasValidSignature, keySet, readClaims, signingKey, signToken, verifyingKey } from './jwt.ts'
import { RequestHeaderAuthenticator } from './request-header.ts'
import { reviewToken } from './reviews.ts'
import { ServiceAccountTokens, TokenIssuer } from './service-account-token.ts'
import { BearerAuthenticator, StaticTokens } from './token.ts'
import { fulfilTokenRequest, prepareTokenRequest } from './token-request.ts'

const startMs = Date.UTC(2026, 5, 1)
const audience = 'https://kubernetes.default.svc.cluster.local'
let nowMs = startMs
const clock = { nowMs: () => nowMs } as Clock
const random = { uuid: () => '0a' } as Random
const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const key = signingKey(privateKey)
const issuer = new TokenIssuer({ keys: [key], issuer: audience, clock }, random)

let objects: MemoryObjects
let tokens: ServiceAccountTokens

beforeEach(() => {
  nowMs = startMs
  objects = new MemoryObjects()
  objects.put(coreV1.serviceAccounts, { metadata: { name: 'sa', namespace: 'a', uid: 'u-sa' } })
  objects.put(coreV1.pods, podOf('p', 'u-p'))
  objects.put(coreV1.nodes, { metadata: { name: 'n1', uid: 'u-n' } })
  tokens = new ServiceAccountTokens({ keys: [key], issuer: audience, clock, audiences: [audience], objects })
})

function podOf(name: string, uid: string) {
  return { metadata: { name, namespace: 'a', uid }, spec: { containers: [], serviceAccountName: 'sa', nodeName: 'n1' } }
}

function requestWith(more: Partial<ApiRequest>): ApiRequest {
  const base = { method: 'GET', path: '/', query: new URLSearchParams(), headers: {}, body: new Uint8Array() }
  return { ...base, signal: new AbortController().signal, remoteAddress: '', ...more }
}

const annotations = new Map<string, string>()

async function tokenFor(spec: NonNullable<TokenRequest['spec']>): Promise<TokenRequest> {
  const parts = { objects, issuer, audiences: [audience], clock }
  const prepared = await prepareTokenRequest(parts, 'a/sa', { metadata: {}, spec })
  return await fulfilTokenRequest(parts, 'a/sa', prepared, (key, value) => void annotations.set(key, value))
}

test('a token bound to a pod names account, pod and node, and dies with the pod', async () => {
  const { status } = await tokenFor({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })
  assert.equal(status?.expirationTimestamp, '2026-06-01T01:00:00Z')
  assert.deepEqual([...annotations], [['authentication.kubernetes.io/issued-credential-id', 'JTI=0a']])
  const owner = await tokens.authenticateToken(status?.token ?? '')
  assert.deepEqual(owner, {
    user: {
      name: 'system:serviceaccount:a:sa',
      uid: 'u-sa',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
      extra: {
        'authentication.kubernetes.io/credential-id': ['JTI=0a'],
        'authentication.kubernetes.io/pod-name': ['p'],
        'authentication.kubernetes.io/pod-uid': ['u-p'],
        'authentication.kubernetes.io/node-name': ['n1'],
        'authentication.kubernetes.io/node-uid': ['u-n'],
      },
    },
    audiences: [audience],
  })
  objects.put(coreV1.pods, podOf('p', 'other'))
  await assert.rejects(tokens.authenticateToken(status?.token ?? ''), /UID/)
  objects.remove(coreV1.pods as Resource, 'a/p')
  await assert.rejects(tokens.authenticateToken(status?.token ?? ''), /does not exist/)
})

test('a token is refused when it is expired, forged, for another audience or its account is gone', async () => {
  const { status } = await tokenFor({ expirationSeconds: 600 })
  const token = status?.token ?? ''
  assert.ok(await tokens.authenticateToken(token))
  const [header, , signature] = token.split('.')
  const forged = `${header}.${Buffer.from(JSON.stringify({ ...readClaims(token), sub: 'x' })).toString('base64url')}.${signature}`
  await assert.rejects(tokens.authenticateToken(forged), /signature/)
  const elsewhere = await tokenFor({ audiences: ['vault'] })
  await assert.rejects(tokens.authenticateToken(elsewhere.status?.token ?? ''), /audience/)
  assert.ok(await tokens.authenticateToken(elsewhere.status?.token ?? '', ['vault']))
  nowMs += 600_001
  await assert.rejects(tokens.authenticateToken(token), /expired/)
  nowMs = startMs
  objects.remove(coreV1.serviceAccounts as Resource, 'a/sa')
  await assert.rejects(tokens.authenticateToken(token), /service account "sa" does not exist/)
})

test('a token request is refused with upstream words', async () => {
  const cases: [NonNullable<TokenRequest['spec']>, RegExp][] = [
    [
      { expirationSeconds: 5 },
      /^TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes$/,
    ],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } }, /^pods "none" not found$/],
    [
      { boundObjectRef: { kind: 'Foo', apiVersion: 'v1', name: 'x' } },
      /^cannot bind token to object of type \/v1, Kind=Foo$/,
    ],
    [
      // The kind alone decides.
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v2', name: 'p', uid: 'bad' } },
      /^Operation cannot be fulfilled on Pod "p": the UID in the bound object reference \(bad\)/,
    ],
  ]
  for (const [spec, message] of cases) await assert.rejects(tokenFor(spec), { message })
  await assert.rejects(prepareTokenRequest({ objects, issuer, audiences: [], clock }, 'a/none', { metadata: {} }), {
    message: 'serviceaccounts "none" not found',
  })
  const given = (metadata: object) =>
    prepareTokenRequest({ objects, issuer, audiences: [], clock }, 'a/sa', { metadata })
  const wrongName = 'metadata.name: Invalid value: "other": must match the service account name if specified'
  await assert.rejects(given({ name: 'other' }), {
    message: `TokenRequest.authentication.k8s.io "sa" is invalid: ${wrongName}`,
  })
  await assert.rejects(given({ uid: 'old' }), {
    message:
      'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "sa": the UID in the token request (old) does not match the UID of the service account (u-sa)',
  })
  assert.equal((await given({ uid: 'u-sa' })).metadata.uid, 'u-sa')
  await assert.rejects(given({ name: 'sa', namespace: 'x' }), { message: /does not match the namespace sent/ })
})

test('a pod token of 3607 seconds is good for a year and says when to warn', async () => {
  const { status } = await tokenFor({
    expirationSeconds: 3607,
    boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' },
  })
  const claims = readClaims(status?.token ?? '') as { exp: number; 'kubernetes.io': { warnafter: number } }
  assert.equal(claims.exp, startMs / 1000 + 365 * 24 * 3600)
  assert.equal(claims['kubernetes.io'].warnafter, startMs / 1000 + 3607)
  assert.equal(status?.expirationTimestamp, '2026-06-01T01:00:07Z')
})

test('keySet publishes what verifies the tokens, for elliptic and RSA keys', () => {
  const rsa = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  for (const signing of [key, signingKey(rsa.privateKey)]) {
    const token = signToken(signing, { a: 1 })
    assert.ok(hasValidSignature(token, [signing]))
    assert.ok(!hasValidSignature(`${token.slice(0, -8)}AAAAAAAA`, [signing]))
    const [published] = keySet([signing]).keys
    assert.equal(published?.kid, signing.keyId)
    assert.ok(!('d' in (published ?? {})))
  }
  assert.ok(!hasValidSignature(signToken(key, {}), [verifyingKey(rsa.publicKey)]))
})

const period = { notBeforeMs: startMs, notAfterMs: startMs + 1e10, serial: new Uint8Array(16).fill(5) }
const ca = issueAuthority({ subject: { commonName: 'kubernetes', organizations: [] }, ...period })
const proxyCa = issueAuthority({ subject: { commonName: 'front', organizations: [] }, ...period })

function peer(authority: typeof ca, commonName: string, organizations: string[], verified = true, uids: string[] = []) {
  const subject = { commonName, organizations, uids }
  const { certificatePem } = issueCertificate(authority, { subject, usages: ['clientAuth'], ...period })
  return { der: derOf(certificatePem), verified }
}

function certificateChain() {
  const proxy = new ClientAuthority(proxyCa.certificatePem)
  return new AuthenticatorChain([
    new RequestHeaderAuthenticator({ authority: proxy, allowedNames: ['front-proxy-client'] }),
    new CertificateAuthenticator(new ClientAuthority(ca.certificatePem)),
    new BearerAuthenticator([new StaticTokens({ good: { name: 'bob', groups: ['g'], extra: {} } })]),
  ])
}

test('each use of a client certificate says how long it is still good for', async () => {
  const expiry = new CertificateExpiry(clock)
  const watched = expiry.watched(new CertificateAuthenticator(new ClientAuthority(ca.certificatePem)))
  const peerCertificate = peer(ca, 'admin', [])
  await watched.authenticate(requestWith({ peerCertificate }))
  await watched.authenticate(requestWith({}))
  await assert.rejects(async () => watched.authenticate(requestWith({ peerCertificate: peer(ca, 'admin', [], false) })))
  const samples = [...expiry.families[0]!.samples()]
  const [, sum] = samples.find(([, , suffix]) => suffix === '_sum')!
  const [, count] = samples.find(([, , suffix]) => suffix === '_count')!
  assert.deepEqual([sum, count], [(validityOf(peerCertificate).toMs - clock.nowMs()) / 1000, 1])
})

test('a front proxy may name extra keys as it likes', () => {
  const proxy = new RequestHeaderAuthenticator({
    authority: new ClientAuthority(proxyCa.certificatePem),
    allowedNames: [],
  })
  const headers = { 'x-remote-user': 'eve', 'x-remote-extra-__proto__': 'x' }
  const user = proxy.authenticate(requestWith({ headers, peerCertificate: peer(proxyCa, 'front', []) }))
  assert.deepEqual(Object.entries(user?.extra ?? {}), [['__proto__', ['x']]])
  assert.equal(Object.getPrototypeOf(user?.extra), Object.prototype)
})

test('a client certificate names user and groups, if the right authority signed it', async () => {
  const chain = certificateChain()
  const admin = await chain.authenticate(requestWith({ peerCertificate: peer(ca, 'admin', ['system:masters']) }))
  assert.deepEqual([admin?.name, admin?.groups], ['admin', ['system:masters', 'system:authenticated']])
  assert.match(admin?.extra['authentication.kubernetes.io/credential-id']?.[0] ?? '', /^X509SHA256=[0-9a-f]{64}$/)
  const bad = [
    peer(ca, 'admin', [], false),
    peer(issueAuthority({ subject: { commonName: 'kubernetes', organizations: [] }, ...period }), 'admin', []),
  ]
  for (const peerCertificate of bad) {
    await assert.rejects(async () => chain.authenticate(requestWith({ peerCertificate })), { message: 'Unauthorized' })
  }
})

test('a client certificate may name the uid, once and not empty', async () => {
  const chain = certificateChain()
  const as = async (...uids: string[]) =>
    chain.authenticate(requestWith({ peerCertificate: peer(ca, 'ann', [], true, uids) }))
  assert.equal((await as('abc'))?.uid, 'abc')
  assert.equal((await as())?.uid, undefined)
  await assert.rejects(as('abc', 'def'), { message: 'Unauthorized' })
  await assert.rejects(as(''), { message: 'Unauthorized' })
})

test('the front proxy speaks for others, but only the front proxy', async () => {
  const chain = certificateChain()
  const who = { 'x-remote-user': 'ann', 'x-remote-uid': 'u-1' }
  const headers = { ...who, 'x-remote-group': 'a, b', 'x-remote-extra-scopes': 's' }
  const proxied = await chain.authenticate(
    requestWith({ headers, peerCertificate: peer(proxyCa, 'front-proxy-client', []) }),
  )
  assert.deepEqual(proxied, {
    ...{ name: 'ann', uid: 'u-1', groups: ['a', 'b', 'system:authenticated'] },
    extra: { scopes: ['s'] },
  })
  const admin = await chain.authenticate(requestWith({ headers, peerCertificate: peer(ca, 'admin', []) }))
  assert.deepEqual([admin?.name, admin?.uid], ['admin', undefined])
  const refused = [
    { headers, peerCertificate: peer(proxyCa, 'other', []) },
    { headers: {}, peerCertificate: peer(proxyCa, 'front-proxy-client', []) },
    // Nobody's name, and no front proxy either.
    { headers: {}, peerCertificate: peer(ca, '', ['group']) },
  ]
  for (const request of refused) {
    await assert.rejects(async () => chain.authenticate(requestWith(request)), { message: 'Unauthorized' })
    const authorization = 'Bearer good'
    const known = await chain.authenticate(requestWith({ ...request, headers: { ...request.headers, authorization } }))
    assert.equal(known?.name, 'bob')
  }
})

test('a bearer token is known, unknown (401) or absent (anonymous)', async () => {
  const chain = certificateChain()
  const bob = await chain.authenticate(requestWith({ headers: { authorization: 'Bearer good' } }))
  assert.deepEqual(bob, { name: 'bob', groups: ['g', 'system:authenticated'], extra: {} })
  await assert.rejects(async () => chain.authenticate(requestWith({ headers: { authorization: 'Bearer bad' } })), {
    message: 'Unauthorized',
  })
  assert.deepEqual((await chain.authenticate(requestWith({})))?.groups, ['system:unauthenticated'])
})

test('a token as a subprotocol counts where a WebSocket is asked for, once, beside one that can be chosen', async () => {
  const chain = certificateChain()
  const token = (text: string) => `base64url.bearer.authorization.k8s.io.${Buffer.from(text).toString('base64url')}`
  const asked = async (protocols: string, headers: Record<string, string>) =>
    chain.authenticate(requestWith({ headers: { ...headers, 'sec-websocket-protocol': protocols } }))
  const socket = { upgrade: 'WebSocket', connection: 'keep-alive, Upgrade' }
  const good = `v4.channel.k8s.io, ${token('good')}`
  assert.equal((await asked(good, socket))?.name, 'bob')
  for (const headers of [{}, { upgrade: 'websocket' }, { ...socket, upgrade: 'spdy/3.1' }]) {
    assert.equal((await asked(good, headers))?.name, 'system:anonymous')
  }
  for (const protocols of [token('good'), `${good}, ${token('good')}`, `${good}=`, `v4, ${token('bad')}`]) {
    await assert.rejects(asked(protocols, socket), { message: 'Unauthorized' }, protocols)
  }
})

test('BootstrapTokens knows a token as long as its secret allows it', async () => {
  const bootstrap = new BootstrapTokens({ objects, clock })
  const put = (data: Record<string, string>) => {
    const encoded = Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    )
    const metadata = { name: 'bootstrap-token-abcdef', namespace: 'kube-system' }
    objects.put(
      coreV1.secrets as Resource,
      { metadata, type: 'bootstrap.kubernetes.io/token', data: encoded } as KubeObject,
    )
  }
  const good = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }
  put({ ...good, 'auth-extra-groups': 'system:bootstrappers:workers' })
  const owner = await bootstrap.authenticateToken('abcdef.0123456789abcdef')
  assert.deepEqual(owner?.user.groups, ['system:bootstrappers', 'system:bootstrappers:workers'])
  assert.equal(await bootstrap.authenticateToken('abcdef.0123456789abcdee'), undefined)
  put({ ...good, expiration: '2026-05-31T00:00:00Z' })
  assert.equal(await bootstrap.authenticateToken('abcdef.0123456789abcdef'), undefined)
  put({ ...good, 'usage-bootstrap-authentication': 'false' })
  assert.equal(await bootstrap.authenticateToken('abcdef.0123456789abcdef'), undefined)
})

test('impersonator asks for each thing taken on, and completes the groups', async () => {
  const asked: string[] = []
  const authorizer: Authorizer = {
    authorize: async ({ resource, subresource, namespace, name }) => {
      asked.push([resource, subresource, namespace, name].filter((part) => part !== '').join(' '))
      return { allowed: name !== 'root', reason: '' }
    },
  }
  const user: UserInfo = { name: 'ed', groups: [], extra: {} }
  const as = async (headers: Record<string, string>) => await impersonator(authorizer)(requestWith({ headers }), user)
  assert.equal(await as({}), user)
  assert.deepEqual(await as({ 'impersonate-user': 'system:serviceaccount:a:b', 'impersonate-extra-S%2fx': '1' }), {
    name: 'system:serviceaccount:a:b',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
    extra: { 's/x': ['1'] },
  })
  assert.deepEqual(asked, ['serviceaccounts a b', 'userextras s/x 1'])
  assert.deepEqual((await as({ 'impersonate-user': 'vera', 'impersonate-group': 'g' })).groups, [
    'g',
    'system:authenticated',
  ])
  await assert.rejects(as({ 'impersonate-user': 'root' }), {
    message:
      'users "root" is forbidden: User "ed" cannot impersonate resource "users" in API group "" at the cluster scope',
  })
})

test('extra keys that objects have by nature are keys like any other', () => {
  const headers = { 'x-remote-user': 'ann', 'x-remote-extra-__proto__': 'x', 'x-remote-extra-constructor': 'y' }
  const extra = extraFromHeaders(requestWith({ headers }), 'x-remote-extra-')
  assert.deepEqual(Object.entries(extra), [
    ['__proto__', ['x']],
    ['constructor', ['y']],
  ])
  assert.equal(Object.getPrototypeOf(extra), Object.prototype)
})

test('reviewToken tells the owner or what is wrong', async () => {
  const { status } = await tokenFor({})
  const bearer = new BearerAuthenticator([tokens])
  const good = await reviewToken(bearer, { metadata: {}, spec: { token: status?.token ?? '' } }, [])
  assert.equal(good.status?.user?.username, 'system:serviceaccount:a:sa')
  assert.deepEqual(good.status?.audiences, [audience])
  const unknown = { user: {}, error: 'invalid bearer token' }
  const bad = await reviewToken(bearer, { metadata: {}, spec: { token: 'x' } }, [])
  assert.deepEqual(bad.status, unknown)
  const fixed = new StaticTokens({ t: { name: 'u', groups: [], extra: {} } })
  const reviewFixed = async (audiences: string[]) =>
    (await reviewToken(fixed, { metadata: {}, spec: { token: 't', audiences } }, ['own'])).status
  assert.deepEqual((await reviewFixed([]))?.audiences, ['own'])
  assert.deepEqual((await reviewFixed(['other', 'own']))?.audiences, ['own'])
  assert.deepEqual(await reviewFixed(['other']), unknown)
})

/** Who may what: `verb resource[.group] name`. */
function constrained(rights: readonly string[]) {
  const authorizer: Authorizer = {
    authorize: async ({ verb, resource, name }) => ({
      allowed: rights.includes(`${verb} ${resource} ${name}`),
      reason: '',
    }),
  }
  const impersonate = impersonator(authorizer, { constrained: true })
  return async (headers: Record<string, string>, extra: UserInfo['extra'] = {}) => {
    const request = { ...requestWith({ headers }), method: 'GET', path: '/api/v1/pods' }
    const caller = { name: 'system:serviceaccount:a:agent', groups: [], extra }
    return await Promise.resolve(impersonate(request, caller)).catch((error: Error) => error.message)
  }
}

test('impersonator lets the finer rights take on what they are for, and no more', async () => {
  const onPods = (mode: string) => `impersonate-on:${mode}:list pods `
  const node = constrained([onPods('associated-node'), 'impersonate:associated-node nodes *'])
  const own = { 'authentication.kubernetes.io/node-name': ['n1'] }
  assert.deepEqual(await node({ 'impersonate-user': 'system:node:n1' }, own), {
    name: 'system:node:n1',
    groups: ['system:nodes', 'system:authenticated'],
    extra: {},
    impersonationConstraint: 'impersonate:associated-node',
  })
  assert.match(
    String(await node({ 'impersonate-user': 'system:node:n2' }, own)),
    /cannot impersonate-on:arbitrary-node:list/,
  )
  assert.match(
    String(await node({ 'impersonate-user': 'system:node:n1' })),
    /cannot impersonate-on:arbitrary-node:list/,
  )
  const withGroup = { 'impersonate-user': 'system:node:n1', 'impersonate-group': 'system:masters' }
  assert.match(String(await node(withGroup, own)), /cannot impersonate resource "users"/)

  const user = constrained([
    onPods('user-info'),
    'impersonate:user-info users vera',
    'impersonate:user-info groups dev',
    'impersonate:user-info groups system:masters',
  ])
  const vera = { 'impersonate-user': 'vera', 'impersonate-group': 'dev' }
  const constraint = { impersonationConstraint: 'impersonate:user-info' }
  assert.deepEqual(await user(vera), {
    name: 'vera',
    groups: ['dev', 'system:authenticated'],
    extra: {},
    ...constraint,
  })
  assert.match(
    String(await user({ ...vera, 'impersonate-group': 'system:masters' })),
    /impersonating the system:masters group is not allowed/,
  )
  assert.match(String(await user({ 'impersonate-user': 'system:serviceaccount:a:b' })), /serviceaccount:list/)
  assert.match(
    String(await user({ 'impersonate-user': 'vera', 'impersonate-extra-scopes': 'x' })),
    /cannot impersonate:user-info resource "userextras" in .*: impersonating an invalid key in extra is not allowed: extra\.key: Invalid value: "scopes": must be a domain-prefixed path \(such as "acme\.io\/foo"\)$/,
  )
  assert.equal(
    await user({ 'impersonate-group': 'dev', 'impersonate-extra-a': '1' }),
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"dev"}, Extra:map[string][]string{"a":[]string{"1"}}} without impersonating a user name',
  )
  const noRequest = constrained(['impersonate:user-info users vera'])
  assert.match(String(await noRequest({ 'impersonate-user': 'vera' })), /cannot impersonate-on:user-info:list/)
  const old = constrained(['impersonate users vera'])
  assert.deepEqual(await old({ 'impersonate-user': 'vera' }), {
    name: 'vera',
    groups: ['system:authenticated'],
    extra: {},
  })
})
