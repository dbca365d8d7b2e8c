/** A whole API server whose callers are known and allowed by services and files outside, over TLS. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { silent } from '../platform/log.ts'
import { realPlatform } from '../platform/real/platform.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { signingKey } from './authentication/jwt.ts'
import type { WebhookConfiguration } from './authorization/configuration.ts'
import type { OutsideSecurityOptions } from './outside-security.ts'
import type { ApiRequest } from './request.ts'
import { standardSecurity } from './standard-security.ts'
import { hanging, type OutsideService, redirecting, startOutsideService, wordy } from './testbed/outside-service.ts'
import { startTestApiServer, type TestApiServer } from './testbed/server.ts'

const { net } = realPlatform()
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const key = signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
let service: OutsideService
let clock: ReturnType<typeof simulatedClock>
let files: Map<string, string>
let changed: () => void
let logged: string[]
let api: TestApiServer | undefined

before(async () => {
  service = await startOutsideService()
})
after(() => service.close())

beforeEach(() => {
  clock = simulatedClock()
  files = new Map([['/etc/hook', service.kubeconfig()]])
  logged = []
  service.calls.length = 0
})
afterEach(() => api?.stop())

const disk = {
  readText: async (path: string) => {
    const text = files.get(path)
    if (text === undefined) throw new Error(`there is no ${path}`)
    return text
  },
  watch: (_directory: string, onChange: () => void) => {
    changed = onChange
    return () => undefined
  },
}

async function start(outside: Partial<OutsideSecurityOptions>, more: object = {}): Promise<TestApiServer> {
  const random = simulatedRandom('outside')
  const write = (level: string) => (message: string, fields?: object) =>
    void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const log = { ...silent, info: write('info'), error: write('error') }
  const issuer = 'https://own'
  const security = standardSecurity({
    ...{
      clock,
      random,
      net,
      nodeRules: [],
      tokens: { admin: { name: 'root', groups: ['system:masters'], extra: {} } },
    },
    serviceAccounts: { keys: [key], issuer, audiences: [issuer] },
    outside: { disk, log, net, ...outside },
    ...more,
  })
  api = await startTestApiServer({ clock, random, security, log })
  return api
}

async function get(path: string, token = '', headers: Record<string, string> = {}) {
  const [pathname = '', query = ''] = path.split('?')
  const request: ApiRequest = {
    method: 'GET',
    path: pathname,
    query: new URLSearchParams(query),
    headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
    body: new Uint8Array(),
    signal: new AbortController().signal,
    remoteAddress: '',
  }
  const { status, body } = await api!.server.handle(request)
  return { status, text: body instanceof Uint8Array ? Buffer.from(body).toString() : '' }
}

const tokenWebhook = { path: '/etc/hook', version: 'v1' as const, cacheTtlMs: 120_000 } as const

test('the token webhook names the user, is remembered for a while, and is not asked about what is known', async () => {
  await start({ tokenWebhook })
  service.behave(({ body }) => {
    const { token } = (body as { spec: { token: string } }).spec
    if (token !== 'good') return { status: { authenticated: false } }
    return { status: { authenticated: true, user: { username: 'ada', groups: ['system:masters'] } } }
  })
  assert.equal((await get('/api/v1/pods', 'admin')).status, 200)
  assert.equal(service.calls.length, 0)
  const asked = await Promise.all([
    get('/api/v1/pods', 'good'),
    get('/api/v1/pods', 'good'),
    get('/api/v1/pods', 'good'),
  ])
  assert.deepEqual(
    asked.map(({ status }) => status),
    [200, 200, 200],
  )
  assert.equal(service.calls.length, 1)
  assert.equal((await get('/api/v1/pods', 'bad')).status, 401)
  assert.equal((await get('/api/v1/pods', 'bad')).status, 401)
  assert.equal(service.calls.length, 2)
  await clock.advance(120_000)
  assert.equal((await get('/api/v1/pods', 'good')).status, 200)
  assert.equal(service.calls.length, 3)
})

test('monitors are told who decided, and how often answers about tokens were kept', async () => {
  await start({ tokenWebhook, authorization: [{ type: 'Webhook', name: 'hook.example.com', webhook }] })
  service.behave(({ body }) => {
    const { kind } = body as { kind: string }
    const user = { username: 'ada' }
    return { status: kind === 'TokenReview' ? { authenticated: true, user } : { allowed: false, denied: true } }
  })
  assert.equal((await get('/api/v1/pods', 'good')).status, 403)
  assert.equal((await get('/api/v1/pods', 'good')).status, 403)
  service.behave(redirecting('https://localhost:1/'))
  assert.equal((await get('/api/v1/pods', 'other')).status, 401)
  const { text } = await get('/metrics', 'admin')
  for (const line of [
    'apiserver_authorization_decisions_total{type="Webhook",name="hook.example.com",decision="denied"} 2',
    'authentication_token_cache_request_total{status="hit"} 1',
    'authentication_token_cache_request_total{status="miss"} 2',
    'authentication_token_cache_request_duration_seconds_count{status="hit"} 1',
    'authentication_token_cache_fetch_total{status="ok"} 1',
    'authentication_token_cache_fetch_total{status="error"} 1',
    'authentication_token_cache_active_fetch_count{status="in_flight"} 0',
  ])
    assert.ok(text.split('\n').includes(line), line)
})

test('a token webhook that is hostile is a 401 that tells nothing, and no token is logged', async () => {
  const other = await startOutsideService()
  await start({ tokenWebhook })
  const behaviours = [
    redirecting(`${other.url}/`),
    wordy,
    () => ({ status: { authenticated: true } }),
    () => ({ status: { authenticated: true, user: { username: 'x', groups: 'system:masters' } } }),
    () => ({ status: { authenticated: 'true', user: { username: 'x' } } }),
    () => ({ status: { authenticated: true, audiences: ['theirs'], user: { username: 'x' } } }),
  ]
  for (const [index, behaviour] of behaviours.entries()) {
    service.behave(behaviour)
    const answer = await get('/api/v1/pods', `hush-${index}`)
    assert.equal(answer.status, 401)
    assert.equal((JSON.parse(answer.text) as { message: string }).message, 'Unauthorized')
  }
  service.behave(hanging)
  const count = service.calls.length
  const waiting = get('/api/v1/pods', 'hush-9')
  while (service.calls.length === count) await clock.settle()
  await clock.advance(30_000)
  assert.equal((await waiting).status, 401)
  assert.deepEqual(other.calls, [])
  assert.ok(!logged.join().includes('hush'))
  const metrics = await get('/metrics', 'admin')
  assert.equal(metrics.status, 200)
  assert.ok(!metrics.text.includes('hush'))
  await other.close()
})

const webhook: WebhookConfiguration = {
  authorizedTtlMs: 300_000,
  unauthorizedTtlMs: 30_000,
  timeoutMs: 30_000,
  version: 'v1',
  failurePolicy: 'NoOpinion',
  kubeConfigFile: '/etc/hook',
  matchConditions: [],
}
const asking = (more: object = {}): Partial<OutsideSecurityOptions> => ({
  authorization: [
    { type: 'Webhook', name: 'hook', webhook: { ...webhook, ...more } },
    { type: 'RBAC', name: 'rbac' },
  ],
})
const tokens = {
  ada: { name: 'ada', groups: ['dev'], extra: { k: ['v'] } },
  admin: { name: 'root', groups: ['system:masters'], extra: {} },
}

test('the authorization webhook is asked with selectors, and its answers are kept as long as they may', async () => {
  await start(asking(), { tokens })
  service.behave(({ body }) => {
    const { resourceAttributes } = (body as { spec: { resourceAttributes: { resource: string } } }).spec
    return { status: { allowed: resourceAttributes.resource === 'pods', reason: 'as the hook says' } }
  })
  const path = '/api/v1/namespaces/a/pods?fieldSelector=spec.nodeName%3Dn&labelSelector=app+in+(x,y)'
  assert.equal((await get(path, 'ada')).status, 200)
  assert.deepEqual((service.calls[0]!.body as { spec: object }).spec, {
    resourceAttributes: {
      ...{ namespace: 'a', verb: 'list', version: 'v1', resource: 'pods' },
      fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] },
      labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['x', 'y'] }] },
    },
    user: 'ada',
    groups: ['dev', 'system:authenticated'],
    extra: { k: ['v'] },
  })
  assert.equal((await get(path, 'ada')).status, 200)
  assert.equal(service.calls.length, 1)
  const refused = await get('/api/v1/secrets', 'ada')
  assert.equal(refused.status, 403)
  assert.match(refused.text, /as the hook says/)
  await clock.advance(30_000)
  assert.equal((await get('/api/v1/secrets', 'ada')).status, 403)
  assert.equal((await get(path, 'ada')).status, 200)
  assert.equal(service.calls.length, 3)
  assert.equal((await get('/api/v1/secrets', 'admin')).status, 200)
  assert.equal(service.calls.length, 3)
})

test('the authorization webhook that denies or fails is taken at its policy', async () => {
  const rules = JSON.stringify({
    apiVersion: 'abac.authorization.kubernetes.io/v1beta1',
    kind: 'Policy',
    spec: { user: 'ada', namespace: '*', resource: '*', apiGroup: '*' },
  })
  const first = (failurePolicy: 'Deny' | 'NoOpinion') => ({
    abacPolicies: rules,
    authorization: [
      { type: 'Webhook', name: 'hook', webhook: { ...webhook, failurePolicy } },
      { type: 'ABAC', name: 'abac' },
    ] as const,
  })
  await start(first('NoOpinion'), { tokens })
  service.behave(() => ({ status: { allowed: false, denied: true, reason: 'never' } }))
  assert.equal((await get('/api/v1/pods', 'ada')).status, 403)
  service.behave(() => ({ status: { allowed: true, denied: true } }))
  assert.equal((await get('/api/v1/nodes', 'ada')).status, 200)
  service.behave(redirecting('https://localhost:1/'))
  assert.equal((await get('/api/v1/secrets', 'ada')).status, 200)
  await api?.stop()
  await start(first('Deny'), { tokens })
  assert.equal((await get('/api/v1/secrets', 'ada')).status, 403)
  service.behave(wordy)
  assert.equal((await get('/api/v1/configmaps', 'ada')).status, 403)
})

test('match conditions say when the authorization webhook is asked', async () => {
  const conditions = [
    'has(request.resourceAttributes)',
    "request.resourceAttributes.namespace != 'kube-system'",
    "!('system:serviceaccounts' in request.groups)",
  ]
  await start(asking({ matchConditions: conditions, failurePolicy: 'Deny' }), { tokens })
  service.behave(() => ({ status: { allowed: true } }))
  assert.equal((await get('/api/v1/namespaces/a/pods', 'ada')).status, 200)
  assert.equal((await get('/api/v1/namespaces/kube-system/pods', 'ada')).status, 403)
  assert.equal((await get('/healthz/log', 'ada')).status, 403)
  assert.equal(service.calls.length, 1)
  await assert.rejects(start(asking({ matchConditions: ['request.nope'] })), /compilation failed/)
})

const authorizationFile = (types: string[]) => `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthorizationConfiguration
authorizers:
${types.map((type) => (type === 'Webhook' ? hookText : `- {type: ${type}, name: ${type.toLowerCase()}}`)).join('\n')}
`
const hookText = `- type: Webhook
  name: hook
  webhook:
    timeout: 3s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: Deny
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: /etc/hook}
    matchConditions:
    - expression: "request.user == 'ada'"`

test('an AuthorizationConfiguration takes effect again when it changes, unless it is wrong', async () => {
  files.set('/etc/authz', authorizationFile(['RBAC']))
  await start({ authorization: '/etc/authz' }, { tokens })
  service.behave(() => ({ status: { allowed: true } }))
  assert.equal((await get('/api/v1/pods', 'ada')).status, 403)
  const change = async (text: string) => {
    files.set('/etc/authz', text)
    changed()
    await clock.settle()
    while (!logged.some((line) => line.includes('configuration file'))) await clock.settle()
    return logged.splice(0).join()
  }
  assert.match(await change(authorizationFile(['Webhook', 'RBAC'])), /read again/)
  assert.equal((await get('/api/v1/pods', 'ada')).status, 200)
  assert.match(await change(authorizationFile(['Webhook'])), /cannot be added or removed/)
  assert.match(await change('kind: x'), /want a AuthorizationConfiguration/)
  assert.match(await change(authorizationFile(['Webhook', 'Webhook', 'RBAC'])), /Duplicate value/)
  assert.match(await change(authorizationFile(['RBAC']).replace('name: rbac', 'name: rbac, nope: 1')), /unknown field/)
  assert.equal((await get('/api/v1/pods', 'ada')).status, 200)
  assert.match(await change(authorizationFile(['RBAC'])), /read again/)
  assert.equal((await get('/api/v1/pods', 'ada')).status, 403)
})

test('an AuthenticationConfiguration opens some paths to anybody, exactly', async () => {
  const text = (anonymous: string) =>
    `{apiVersion: apiserver.config.k8s.io/v1, kind: AuthenticationConfiguration, anonymous: ${anonymous}}`
  files.set('/etc/authn', text('{enabled: true, conditions: [{path: /livez}, {path: /healthz}]}'))
  await start({ authenticationConfig: '/etc/authn', authorization: [{ type: 'AlwaysAllow', name: 'a' }] })
  const statuses = async () => {
    const paths = ['/livez', '/livez/', '/livez/ping', '/%6civez', '/version', '/api/v1/pods']
    return (await Promise.all(paths.map((path) => get(path)))).map(({ status }) => status)
  }
  assert.deepEqual(await statuses(), [200, 401, 401, 401, 401, 401])
  files.set('/etc/authn', text('{enabled: false}'))
  changed()
  while (logged.length === 0) await clock.settle()
  assert.deepEqual(await statuses(), [401, 401, 401, 401, 401, 401])
  assert.equal((await get('/livez', 'admin')).status, 200)
})
