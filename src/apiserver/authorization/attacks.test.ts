/** Ways to get more than one was given, tried on a whole API server with the default roles. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { signingKey } from '../authentication/jwt.ts'
import { defaultRbac, rulesOfDefaultRole } from '../bootstrap/default-rbac.ts'
import { ensureObjects } from '../bootstrap/ensure.ts'
import type { UserInfo } from '../request.ts'
import { standardSecurity } from '../standard-security.ts'
import { TestCaller } from '../testbed/caller.ts'
import { startTestApiServer, type TestApiServer } from '../testbed/server.ts'

let api: TestApiServer
let admin: TestCaller

const as = (name: string, ...groups: string[]): TestCaller => {
  const user: UserInfo = { name, groups: [...groups, 'system:authenticated'], extra: {} }
  return new TestCaller(api, api.transportFor(user))
}

before(async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const key = signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const { simulatedClock } = await import('../../platform/simulated/clock.ts')
  const { simulatedRandom } = await import('../../platform/simulated/random.ts')
  const [clock, random] = [simulatedClock(), simulatedRandom('attacks')]
  const serviceAccounts = { keys: [key], issuer: 'https://own', audiences: ['https://own'] } as const
  const nodeRules = rulesOfDefaultRole('system:node')
  const security = standardSecurity({
    ...{ clock, random, serviceAccounts: { ...serviceAccounts, keys: [key] }, nodeRules },
    admission: { disabled: ['ServiceAccount'] },
  })
  api = await startTestApiServer({ clock, random, security, namespaces: ['theirs', 'ours'] })
  const { server, store } = api
  await ensureObjects(
    { server, store, scheme: server.scheme, objects: server.objects, clock, random } as never,
    defaultRbac(),
  )
  admin = new TestCaller(api)
  for (const name of ['n1', 'n2']) await make('/api/v1/nodes', { metadata: { name } })
  for (const name of ['n1', 'n2']) {
    const spec = { nodeName: name, containers: [{ name: 'c', image: 'i' }] }
    await make('/api/v1/namespaces/theirs/pods', { metadata: { name: `on-${name}` }, spec })
  }
  await make('/api/v1/namespaces/theirs/secrets', { metadata: { name: 'other' } })
})
after(() => api.stop())

async function make(path: string, object: object): Promise<void> {
  const { status, body } = await admin.call('POST', path, object)
  assert.equal(status, 201, JSON.stringify(body))
}

interface Listed {
  name: string
  namespaced: boolean
  verbs: string[]
}

/** Every verb on every resource and subresource that the server has, as a path. */
async function* everything() {
  const { body: groups } = await admin.get('/apis')
  const versions: string[] = (groups.groups as { versions: { groupVersion: string }[] }[]).flatMap((group) =>
    group.versions.map(({ groupVersion }) => groupVersion),
  )
  for (const prefix of ['/api/v1', ...versions.map((version) => `/apis/${version}`)]) {
    const { body } = await admin.get(prefix)
    for (const { name, namespaced, verbs } of body.resources as Listed[]) {
      const [resource = '', subresource] = name.split('/')
      const collection = `${prefix}${namespaced ? '/namespaces/theirs' : ''}/${resource}`
      const one = `${collection}/other${subresource ? `/${subresource}` : ''}`
      for (const verb of verbs) {
        const isOne = subresource !== undefined || ['get', 'update', 'patch', 'delete'].includes(verb)
        yield {
          what: `${verb} ${name}${prefix === '/api/v1' ? '' : `.${prefix.split('/')[2]}`}`,
          verb,
          path: isOne ? one : collection,
        }
      }
    }
  }
}

const methods: Record<string, 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'> = {
  ...{ get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH' },
  ...{ delete: 'DELETE', deletecollection: 'DELETE' },
}

/** What is not refused by authorization: bodies make no sense, so that nothing is written. */
async function passed(caller: TestCaller): Promise<string[]> {
  const found = new Set<string>()
  for await (const { what, verb, path } of everything()) {
    const method = methods[verb]
    assert.ok(method, verb)
    if (verb === 'watch') {
      const watching = await caller.watch(`${path}?watch=1&timeoutSeconds=1`).catch((error: Error) => error)
      if (!(watching instanceof Error)) watching.stop()
      if (!(watching instanceof Error) || !/ 403 /.test(watching.message)) found.add(what)
      continue
    }
    const body = method === 'GET' || method === 'DELETE' ? undefined : 'no object'
    const { status } = await caller.call(method, path, body)
    if (status !== 403) found.add(what)
  }
  return [...found].sort()
}

test('a node identity gets past authorization to nothing of others but what is listed here', async () => {
  const node = as('system:node:n1', 'system:nodes')
  const open = await passed(node)
  // What all nodes may read, and what NodeRestriction looks at with the object in hand.
  const expected = `
    create certificatesigningrequests.certificates.k8s.io
    create csinodes.storage.k8s.io
    create events
    create events.events.k8s.io
    create localsubjectaccessreviews.authorization.k8s.io
    create nodes
    create pods
    create pods/eviction
    create resourceslices.resource.k8s.io
    create selfsubjectaccessreviews.authorization.k8s.io
    create selfsubjectreviews.authentication.k8s.io
    create selfsubjectrulesreviews.authorization.k8s.io
    create subjectaccessreviews.authorization.k8s.io
    create tokenreviews.authentication.k8s.io
    delete pods
    get certificatesigningrequests.certificates.k8s.io
    get csidrivers.storage.k8s.io
    get endpoints
    get runtimeclasses.node.k8s.io
    get services
    list certificatesigningrequests.certificates.k8s.io
    list csidrivers.storage.k8s.io
    list runtimeclasses.node.k8s.io
    list services
    patch events
    patch events.events.k8s.io
    patch nodes
    patch nodes/status
    patch pods/status
    update events
    update events.events.k8s.io
    update nodes
    update nodes/status
    update pods/status
    watch certificatesigningrequests.certificates.k8s.io
    watch csidrivers.storage.k8s.io
    watch runtimeclasses.node.k8s.io
    watch services`
  assert.deepEqual(open, expected.trim().split(/\n\s+/))
})

test('users that only look like somebody get past authorization to no more than anybody', async () => {
  const anybody = await passed(as('ann'))
  for (const [name, ...groups] of [
    ['system:node:n1'],
    ['system:node:', 'system:nodes'],
    ['system:Node:n1', 'system:nodes'],
    ['system:masters'],
    ['x', 'system:masters '],
    ['x', 'System:Masters'],
    ['system:serviceaccount:kube-system:generic-garbage-collector:x'],
    ['system:kube-scheduler ', 'system:kube-scheduler'],
  ] as [string, ...string[]][]) {
    assert.deepEqual(await passed(as(name, ...groups)), anybody, name)
  }
})

test('a node cannot write what is of another node, object in hand', async () => {
  const node = as('system:node:n1', 'system:nodes')
  const patch = { contentType: 'application/merge-patch+json' }
  const attempts: [Parameters<TestCaller['call']>[0], string, object?, object?][] = [
    ['PATCH', '/api/v1/nodes/n2', { metadata: { labels: { a: 'b' } } }, patch],
    ['PATCH', '/api/v1/nodes/n2/status', { status: {} }, patch],
    ['PATCH', '/api/v1/nodes/n1', { metadata: { labels: { 'node-restriction.kubernetes.io/x': 'y' } } }, patch],
    ['PATCH', '/api/v1/nodes/n1', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, patch],
    ['POST', '/api/v1/nodes', { metadata: { name: 'n3' } }],
    ['PATCH', '/api/v1/namespaces/theirs/pods/on-n2/status', { status: { phase: 'Failed' } }, patch],
    ['DELETE', '/api/v1/namespaces/theirs/pods/on-n2'],
    [
      'POST',
      '/api/v1/namespaces/theirs/pods/on-n2/eviction',
      { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'on-n2' } },
    ],
    [
      'POST',
      '/api/v1/namespaces/theirs/pods',
      { metadata: { name: 'p' }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] } },
    ],
    ['POST', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', { metadata: { name: 'n2' } }],
    ['POST', '/apis/storage.k8s.io/v1/csinodes', { metadata: { name: 'n2' }, spec: { drivers: [] } }],
    ['POST', '/api/v1/namespaces/theirs/serviceaccounts/default/token', { spec: {} }],
    ['GET', '/api/v1/namespaces/theirs/secrets/other'],
    ['GET', '/api/v1/namespaces/theirs/pods/on-n2/log'],
    ['POST', '/api/v1/namespaces/theirs/pods/on-n1/exec'],
  ]
  for (const [method, path, body, options] of attempts) {
    const { status, body: answer } = await node.call(method, path, body, options ?? {})
    assert.equal(status, 403, `${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  }
})

test('a node gets tokens of its pods for the audiences that they name, and for no others', async () => {
  await make('/api/v1/namespaces/theirs/serviceaccounts', { metadata: { name: 'app' } })
  const sources = [{ serviceAccountToken: { path: 'own' } }, { serviceAccountToken: { path: 'v', audience: 'vault' } }]
  const spec = {
    ...{ nodeName: 'n1', serviceAccountName: 'app', containers: [{ name: 'c', image: 'i' }] },
    volumes: [{ name: 'tokens', projected: { sources } }],
  }
  await make('/api/v1/namespaces/theirs/pods', { metadata: { name: 'app' }, spec })
  const { uid } = (await admin.get('/api/v1/namespaces/theirs/pods/app')).body.metadata as { uid: string }
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'app', uid }
  const ask = async (node: string, audiences?: string[]) => {
    const path = '/api/v1/namespaces/theirs/serviceaccounts/app/token'
    const caller = as(`system:node:${node}`, 'system:nodes')
    const { status, body } = await caller.call('POST', path, { spec: { boundObjectRef, audiences } })
    return [status, (body.spec as { audiences?: string[] } | undefined)?.audiences]
  }
  assert.deepEqual(await ask('n1'), [201, ['https://own']])
  assert.deepEqual(await ask('n1', ['vault']), [201, ['vault']])
  assert.deepEqual(await ask('n1', ['https://own']), [403, undefined])
  assert.deepEqual(await ask('n2', ['vault']), [403, undefined])
})

const rbac = '/apis/rbac.authorization.k8s.io/v1'
const everyRule = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
const meAsAdmin = {
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'User', name: 'eve', apiGroup: 'rbac.authorization.k8s.io' }],
}

test('who may write roles and bindings cannot give away more than they have, by any kind of write', async () => {
  const rules = [
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['*'],
      verbs: ['get', 'list', 'create', 'update', 'patch', 'delete'],
    },
  ]
  await make(`${rbac}/clusterroles`, { metadata: { name: 'writer' }, rules })
  const subjects = [{ kind: 'User', name: 'eve' }]
  await make(`${rbac}/clusterrolebindings`, {
    metadata: { name: 'writer' },
    roleRef: { kind: 'ClusterRole', name: 'writer' },
    subjects,
  })
  const eve = as('eve')
  const own = {
    metadata: { name: 'own' },
    rules: [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['get'] }],
  }
  assert.equal((await eve.call('POST', `${rbac}/clusterroles`, own)).status, 201)
  const apply = { contentType: 'application/apply-patch+yaml' }
  const kinded = (kind: string, object: object) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind, ...object })
  const merge = { contentType: 'application/merge-patch+json' }
  const json = { contentType: 'application/json-patch+json' }
  const attempts: [Parameters<TestCaller['call']>[0], string, object, object?][] = [
    ['POST', `${rbac}/clusterroles`, { metadata: { name: 'all' }, rules: everyRule }],
    ['POST', `${rbac}/namespaces/ours/roles`, { metadata: { name: 'all' }, rules: everyRule }],
    ['PUT', `${rbac}/clusterroles/own`, { metadata: { name: 'own' }, rules: everyRule }],
    ['PATCH', `${rbac}/clusterroles/own`, { rules: everyRule }, merge],
    ['PATCH', `${rbac}/clusterroles/own`, [{ op: 'add', path: '/rules/0/verbs/0', value: 'escalate' }], json],
    [
      'PATCH',
      `${rbac}/clusterroles/new?fieldManager=f`,
      kinded('ClusterRole', { metadata: { name: 'new' }, rules: everyRule }),
      apply,
    ],
    [
      'PATCH',
      `${rbac}/clusterroles/own?fieldManager=f&force=true`,
      kinded('ClusterRole', { metadata: { name: 'own' }, rules: everyRule }),
      apply,
    ],
    [
      'PATCH',
      `${rbac}/clusterroles/own`,
      { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
      merge,
    ],
    // By a label a role is gathered into those that people have.
    [
      'PATCH',
      `${rbac}/clusterroles/cluster-admin`,
      { metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } } },
      merge,
    ],
    ['PATCH', `${rbac}/clusterrolebindings/cluster-admin`, { metadata: { labels: { a: 'b' } } }, merge],
    ['POST', `${rbac}/clusterrolebindings`, { metadata: { name: 'b' }, ...meAsAdmin }],
    ['POST', `${rbac}/namespaces/ours/rolebindings`, { metadata: { name: 'b' }, ...meAsAdmin }],
    [
      'PATCH',
      `${rbac}/clusterrolebindings/b?fieldManager=f`,
      kinded('ClusterRoleBinding', { metadata: { name: 'b' }, ...meAsAdmin }),
      apply,
    ],
    ['PATCH', `${rbac}/clusterrolebindings/cluster-admin`, { subjects: meAsAdmin.subjects }, merge],
    ['PUT', `${rbac}/clusterrolebindings/system:basic-user`, { ...meAsAdmin, metadata: { name: 'system:basic-user' } }],
  ]
  for (const [method, path, body, options] of attempts) {
    const { status, body: answer } = await eve.call(method, path, body, options ?? {})
    const isRefused = status === 403 || (status === 422 && /cannot change roleRef/.test(JSON.stringify(answer)))
    assert.ok(isRefused, `${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  }
  assert.equal((await eve.get('/api/v1/secrets')).status, 403)
})

test('neither impersonation, nor tokens, nor certificates are a way around', async () => {
  const eve = as('mallory')
  const headers = [
    { 'impersonate-user': 'kubernetes-admin', 'impersonate-group': 'system:masters' },
    { 'impersonate-user': 'system:serviceaccount:kube-system:generic-garbage-collector' },
    { 'impersonate-user': 'mallory', 'impersonate-group': 'system:masters' },
    { 'impersonate-user': 'mallory', 'impersonate-extra-x': 'y' },
    { 'impersonate-user': 'mallory', 'impersonate-uid': '1' },
    { 'impersonate-group': 'system:masters' },
  ]
  for (const asked of headers) {
    const { status } = await eve.call('GET', '/api/v1/secrets', undefined, { headers: asked })
    assert.ok(status === 403 || status === 400, `${JSON.stringify(asked)}: ${status}`)
  }
  await make('/api/v1/namespaces/theirs/serviceaccounts', { metadata: { name: 'strong' } })
  const token = await eve.call('POST', '/api/v1/namespaces/theirs/serviceaccounts/strong/token', { spec: {} })
  assert.equal(token.status, 403)
  const request = {
    ...{
      metadata: { name: 'c' },
      spec: { request: 'eA==', signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
    },
  }
  assert.equal((await eve.call('POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', request)).status, 403)
})
