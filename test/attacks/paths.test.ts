/** Names that mean other places: `..`, encoded slashes, prefixes of other namespaces, scopes that a resource does not have. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AuthorizationAttributes } from '../../src/apiserver/authorize.ts'
import { definitionOf, serve } from '../../src/apiserver/crd/testbed/definitions.ts'
import { TestCaller } from '../../src/apiserver/testbed/caller.ts'
import { startTestApiServer } from '../../src/apiserver/testbed/server.ts'
import { holds } from './opened.ts'

/** One who may do everything in namespace `team` and nothing else. */
const tenant = { name: 'tenant', groups: ['system:authenticated'], extra: {} }

type Rule = (attributes: AuthorizationAttributes) => boolean
const exact: Rule = ({ namespace }) => namespace === 'team'
/** Holes, as they were found elsewhere: prefixes taken for names, and the path trusted instead of what was parsed. */
const byPrefix: Rule = ({ namespace }) => namespace.startsWith('team')
const nobodyAsks: Rule = () => true

async function serverWith(rule: Rule): Promise<{ tenant: TestCaller; admin: TestCaller }> {
  const api = await startTestApiServer({
    namespaces: ['team', 'team-b', 'tea'],
    security: {
      authenticator: { authenticate: async () => undefined },
      authorizer: {
        authorize: async (attributes) => ({
          allowed: attributes.user.name !== 'tenant' || rule(attributes),
          reason: '',
        }),
      },
    },
  })
  const admin = new TestCaller(api)
  for (const namespace of ['team', 'team-b', 'tea', 'kube-system']) {
    const secret = { metadata: { name: 's' }, stringData: { key: `of ${namespace}` } }
    assert.equal((await admin.call('POST', `/api/v1/namespaces/${namespace}/secrets`, secret)).status, 201)
  }
  await serve(admin, definitionOf({ kind: 'Fleet', scope: 'Cluster' }))
  const fleet = { apiVersion: 'example.com/v1', kind: 'Fleet', metadata: { name: 'f' }, spec: {} }
  assert.equal((await admin.call('POST', '/apis/example.com/v1/fleets', fleet)).status, 201)
  return { admin, tenant: new TestCaller(api, api.transportFor(tenant)) }
}

let closed: Awaited<ReturnType<typeof serverWith>>
let opened: typeof closed
before(async () => {
  closed = await serverWith(exact)
  opened = await serverWith(nobodyAsks)
})
after(async () => {
  await Promise.all([closed.admin.api.stop(), opened.admin.api.stop()])
})

const base = '/api/v1/namespaces/team/secrets'
const traversals = [
  '/api/v1/namespaces/team/../kube-system/secrets/s',
  '/api/v1/namespaces/team/%2e%2e/kube-system/secrets/s',
  '/api/v1/namespaces/team/..%2fkube-system/secrets/s',
  `${base}/..%2F..%2Fkube-system%2Fsecrets%2Fs`,
  `${base}/%2e%2e%2f%2e%2e%2fkube-system%2fsecrets%2fs`,
  `${base}/..%252f..%252fkube-system%252fsecrets%252fs`,
  '/api/v1/namespaces/team%2f..%2fkube-system/secrets/s',
  '/api/v1/namespaces//kube-system/secrets/s',
  '/api/v1/namespaces/./kube-system/secrets/s',
  '/api/v1/namespaces/team%00/../kube-system/secrets/s',
  '/api/v1/namespaces/%74eam/..;/kube-system/secrets/s',
  '/api/v1/namespaces/team\\..\\kube-system/secrets/s',
  '/api/v1/namespaces/TEAM-b/../team-b/secrets/s',
]

test('no spelling of a path leads a tenant to secrets of others', async () => {
  for (const path of traversals) {
    const { status, body } = await closed.tenant.get(path)
    assert.ok(status >= 400, `${path}: ${status}`)
    assert.doesNotMatch(JSON.stringify(body), /b2Yg/, path)
  }
  const succeeds = async ({ tenant: who }: typeof closed) =>
    (await who.get('/api/v1/namespaces/kube-system/secrets/s')).status === 200
  await holds(succeeds, { closed, opened })
})

test('a name with slashes is no name: nothing is written under another key', async () => {
  for (const name of ['../kube-system/s', 'kube-system/s', '..', '.', 'a/../../b', 'a%2Fb', 'a\u0000b']) {
    const created = await closed.tenant.call('POST', base, { metadata: { name } })
    assert.equal(created.status, 422, `${name}: ${created.status}`)
    const updated = await closed.tenant.call('PUT', `${base}/${encodeURIComponent(name)}`, { metadata: { name } })
    assert.ok(updated.status >= 400, `${name}: ${updated.status}`)
    const removed = await closed.tenant.call('DELETE', `${base}/${encodeURIComponent(name)}`)
    assert.ok(removed.status >= 400, `${name}: ${removed.status}`)
  }
  for (const namespace of ['kube-system', 'team-b'])
    assert.equal((await closed.admin.get(`/api/v1/namespaces/${namespace}/secrets/s`)).status, 200)
})

test('an object cannot say that it is of another namespace than its path', async () => {
  const { status } = await closed.tenant.call('POST', base, { metadata: { name: 'x', namespace: 'kube-system' } })
  assert.equal(status, 400)
})

test('lists and watches of a namespace hold nothing of those whose names begin with it', async () => {
  const { body } = await closed.tenant.get(base)
  assert.deepEqual(
    body.items.map(({ metadata }: { metadata: { namespace: string } }) => metadata.namespace),
    ['team'],
  )
  const watching = await closed.tenant.watch(`${base}?watch=true`)
  assert.deepEqual(await watching.names(1), ['ADDED s'])
  await closed.admin.call('POST', '/api/v1/namespaces/team-b/secrets', { metadata: { name: 'theirs' } })
  await closed.admin.call('POST', base, { metadata: { name: 'ours' } })
  assert.deepEqual(await watching.names(1), ['ADDED ours'])
  watching.stop()
  const { body: gone } = await closed.tenant.call('DELETE', base)
  assert.equal(gone.status ?? 'Success', 'Success')
  assert.equal((await closed.admin.get('/api/v1/namespaces/team-b/secrets/s')).status, 200)
})

test('a namespace is matched as a whole by who authorizes', async () => {
  const careless = await serverWith(byPrefix)
  try {
    const succeeds = async ({ tenant: who }: typeof closed) =>
      (await who.get('/api/v1/namespaces/team-b/secrets/s')).status === 200
    await holds(succeeds, { closed, opened: careless })
  } finally {
    await careless.admin.api.stop()
  }
})

/** Source of the class: CVE-2019-11247. */
test('a cluster-scoped custom resource is not reached by a namespaced path', async () => {
  const path = '/apis/example.com/v1/namespaces/team/fleets'
  assert.equal((await closed.tenant.get(`${path}/f`)).status, 404)
  assert.equal((await closed.tenant.get(path)).status, 404)
  const fleet = { apiVersion: 'example.com/v1', kind: 'Fleet', metadata: { name: 'g' }, spec: {} }
  assert.equal((await closed.tenant.call('POST', path, fleet)).status, 404)
  assert.equal((await closed.tenant.call('DELETE', `${path}/f`)).status, 404)
  assert.equal(
    (await closed.tenant.call('PATCH', `${path}/f`, {}, { contentType: 'application/merge-patch+json' })).status,
    404,
  )
  const succeeds = async ({ tenant: who }: typeof closed) =>
    (await who.get('/apis/example.com/v1/fleets/f')).status === 200
  await holds(succeeds, { closed, opened })
})
