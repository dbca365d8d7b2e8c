/** Nodes that reach for what is others', users that look like somebody, and rights that make more rights. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { signingKey } from '../../src/apiserver/authentication/jwt.ts'
import type { Authorizer } from '../../src/apiserver/authorize.ts'
import { defaultRbac, rulesOfDefaultRole } from '../../src/apiserver/bootstrap/default-rbac.ts'
import { ensureObjects } from '../../src/apiserver/bootstrap/ensure.ts'
import { standardSecurity } from '../../src/apiserver/standard-security.ts'
import { TestCaller } from '../../src/apiserver/testbed/caller.ts'
import { startTestApiServer, type TestApiServer } from '../../src/apiserver/testbed/server.ts'
import { simulatedClock } from '../../src/platform/simulated/clock.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { holds } from './opened.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1'
const merge = { contentType: 'application/merge-patch+json' }
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const key = signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())

interface Opening {
  /** An admission step that is left out. */
  disabled?: string
  /** Rules that a group has besides. */
  granted?: { group: string; rules: object[] }
  /** Who reads names otherwise. */
  around?(authorizer: Authorizer): Authorizer
}

interface World {
  as(name: string, ...groups: string[]): TestCaller
}

const started: TestApiServer[] = []
after(async () => void (await Promise.all(started.map((api) => api.stop()))))

/** Two nodes with a pod each, a secret that no pod has, and `eve`, who may write roles, bindings, requests and pods. */
async function worldWith({ disabled, granted, around }: Opening = {}): Promise<World> {
  const [clock, random] = [simulatedClock(), simulatedRandom('identities')]
  const serviceAccounts = { keys: [key], issuer: 'https://own', audiences: ['https://own'] } as const
  const standard = standardSecurity({
    ...{ clock, random, serviceAccounts: { ...serviceAccounts, keys: [key] } },
    nodeRules: rulesOfDefaultRole('system:node'),
    admission: { disabled: ['ServiceAccount', ...(disabled ? [disabled] : [])] },
  })
  const api = await startTestApiServer({
    ...{ clock, random, namespaces: ['theirs'] },
    security: async (own) => {
      const security = await standard(own)
      return { ...security, authorizer: around?.(security.authorizer) ?? security.authorizer }
    },
  })
  started.push(api)
  const { server, store } = api
  const parts = { server, store, scheme: server.scheme, objects: server.objects, clock, random }
  await ensureObjects(parts, defaultRbac())
  const admin = new TestCaller(api)
  const make = async (path: string, object: object) => {
    const { status, body } = await admin.call('POST', path, object)
    assert.equal(status, 201, JSON.stringify(body))
  }
  for (const name of ['n1', 'n2']) {
    await make('/api/v1/nodes', { metadata: { name } })
    const spec = { nodeName: name, containers: [{ name: 'c', image: 'i' }] }
    await make('/api/v1/namespaces/theirs/pods', { metadata: { name: `on-${name}` }, spec })
  }
  await make('/api/v1/namespaces/theirs/secrets', { metadata: { name: 'other' } })
  await make('/api/v1/namespaces/theirs/serviceaccounts', { metadata: { name: 'strong' } })
  const writes = {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['*'],
    verbs: ['create', 'update', 'patch', 'get'],
  }
  await grant(make, 'role-writers', [writes])
  if (granted) await grant(make, granted.group, granted.rules, 'too-much')
  const as = (name: string, ...groups: string[]) =>
    new TestCaller(api, api.transportFor({ name, groups: [...groups, 'system:authenticated'], extra: {} }))
  return { as }
}

async function grant(
  make: (path: string, object: object) => Promise<void>,
  group: string,
  rules: object[],
  name = group,
) {
  await make(`${rbac}/clusterroles`, { metadata: { name }, rules })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }
  const subjects = [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: group }]
  await make(`${rbac}/clusterrolebindings`, { metadata: { name }, roleRef, subjects })
}

type Attack = (world: World) => Promise<{ status: number }>
const node = (world: World) => world.as('system:node:n1', 'system:nodes')
const eve = (world: World) => world.as('eve', 'role-writers')
const everything = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
const toAdmin = {
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'User', name: 'eve', apiGroup: 'rbac.authorization.k8s.io' }],
}
const verbOn = (verb: string, resource: string, apiGroup = '') => ({
  apiGroups: [apiGroup],
  resources: [resource],
  verbs: [verb],
})
const allowTo = (group: string, ...rules: object[]): Opening => ({ granted: { group, rules } })
const secretPath = '/api/v1/namespaces/theirs/secrets/other'
const masters = { headers: { 'impersonate-user': 'kubernetes-admin', 'impersonate-group': 'system:masters' } }
const request = {
  metadata: { name: 'c' },
  spec: { request: 'eA==', signerName: 'example.com/signer', usages: ['client auth'] },
}
const csrs = '/apis/certificates.k8s.io/v1/certificatesigningrequests'

const attacks: [name: string, opening: Opening, attack: Attack][] = [
  [
    'a node that labels another',
    { disabled: 'NodeRestriction' },
    (world) => node(world).call('PATCH', '/api/v1/nodes/n2', { metadata: { labels: { a: 'b' } } }, merge),
  ],
  [
    'a node that ends a pod of another',
    { disabled: 'NodeRestriction' },
    (world) => node(world).call('DELETE', '/api/v1/namespaces/theirs/pods/on-n2'),
  ],
  [
    'a node that reads a secret which no pod of it has',
    allowTo('system:nodes', verbOn('get', 'secrets')),
    (world) => node(world).get(secretPath),
  ],
  [
    'a role of all rights by who may write roles (escalate)',
    allowTo('role-writers', verbOn('escalate', 'clusterroles', 'rbac.authorization.k8s.io')),
    (world) => eve(world).call('POST', `${rbac}/clusterroles`, { metadata: { name: 'all' }, rules: everything }),
  ],
  [
    'a binding to the role of all rights by who may write bindings (bind)',
    allowTo('role-writers', verbOn('bind', 'clusterroles', 'rbac.authorization.k8s.io')),
    (world) => eve(world).call('POST', `${rbac}/clusterrolebindings`, { metadata: { name: 'b' }, ...toAdmin }),
  ],
  [
    'another name and its groups (impersonate)',
    allowTo('role-writers', verbOn('impersonate', 'users'), verbOn('impersonate', 'groups')),
    (world) => eve(world).call('GET', secretPath, undefined, masters),
  ],
  [
    'a token of a stronger account',
    allowTo('role-writers', verbOn('create', 'serviceaccounts/token')),
    (world) => eve(world).call('POST', '/api/v1/namespaces/theirs/serviceaccounts/strong/token', { spec: {} }),
  ],
  [
    'the approval of a certificate without the right to approve for its signer',
    allowTo('role-writers', { apiGroups: ['certificates.k8s.io'], resources: ['signers'], verbs: ['approve'] }),
    async (world) => {
      const pem = Buffer.from(
        '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n',
      ).toString('base64')
      const root = world.as('root', 'system:masters')
      await root.call('POST', csrs, { ...request, spec: { ...request.spec, request: pem } })
      const may = { ...verbOn('update', 'certificatesigningrequests/approval', 'certificates.k8s.io') }
      await grant(async (path, object) => void (await root.call('POST', path, object)), 'approvers', [
        may,
        verbOn('get', 'certificatesigningrequests', 'certificates.k8s.io'),
      ])
      const approver = world.as('eve', 'role-writers', 'approvers')
      const { body } = await approver.get(`${csrs}/c`)
      const condition = { type: 'Approved', status: 'True', reason: 'r', message: 'm' }
      return await approver.call('PUT', `${csrs}/c/approval`, { ...body, status: { conditions: [condition] } })
    },
  ],
]

for (const [name, opening, attack] of attacks) {
  test(`nobody gets ${name}`, async () => {
    const [closed, opened] = await Promise.all([worldWith(), worldWith(opening)])
    await holds(async (world: World) => (await attack(world)).status < 300, { closed, opened })
  })
}

/** The hole: names that are cut, or written otherwise, before they are compared. */
const careless = (authorizer: Authorizer): Authorizer => ({
  authorize: (attributes) => {
    const { user } = attributes
    return authorizer.authorize({
      ...attributes,
      user: { ...user, groups: user.groups.map((group) => group.trim().toLowerCase()) },
    })
  },
})

test('a group that only looks like system:masters is nobody', async () => {
  const [closed, opened] = await Promise.all([worldWith(), worldWith({ around: careless })])
  for (const group of ['system:masters ', 'System:Masters', 'SYSTEM:MASTERS', '\tsystem:masters']) {
    const succeeds = async (world: World) => (await world.as('x', group).get(secretPath)).status === 200
    await holds(succeeds, { closed, opened })
  }
})
