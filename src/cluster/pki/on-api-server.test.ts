/** The certificates in use: who an API server over HTTPS takes their holders for, and what they may do. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Identity } from '../../api/x509/certificate.ts'
import { signingKey } from '../../apiserver/authentication/jwt.ts'
import { oidcDocuments } from '../../apiserver/authentication/oidc-documents.ts'
import { bootstrap } from '../../apiserver/bootstrap/bootstrap.ts'
import { rulesOfDefaultRole } from '../../apiserver/bootstrap/default-rbac.ts'
import { conversions, strategies } from '../../apiserver/registry/strategies.ts'
import { type ApiServer, createApiServer } from '../../apiserver/server.ts'
import { standardSecurity } from '../../apiserver/standard-security.ts'
import { silent } from '../../platform/log.ts'
import type { Listening } from '../../platform/net.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import { type ClusterPki, ensureClusterPki, issueFor } from './cluster-pki.ts'
import { client } from './names.ts'

const { clock, random, net } = realPlatform()
const issuer = 'https://kubernetes.default.svc.cluster.local'
let pki: ClusterPki
let server: ApiServer
let listening: Listening

before(async () => {
  pki = await ensureClusterPki({ nodeName: 'n1', nodeAddresses: [] }, { clock, random })
  const store = memoryStore({ clock })
  const keys = [signingKey(pki.serviceAccountKey.privateKeyPem)] as const
  const frontProxy = { caPem: pki.frontProxyCa.certificatePem, allowedNames: ['front-proxy-client'] }
  const security = standardSecurity({
    clock,
    random,
    clientCaPem: pki.ca.certificatePem,
    frontProxy,
    serviceAccounts: { keys, issuer, audiences: [issuer] },
    nodeRules: rulesOfDefaultRole('system:node'),
  })
  const documents = oidcDocuments({ keys, issuer })
  const parts = {
    store,
    clock,
    random,
    log: silent,
    security,
    strategies: strategies(),
    conversions: conversions(),
    documents,
  }
  server = await createApiServer(parts)
  await bootstrap({ server, store, clock, random, log: silent })
  listening = await server.serve(net, {
    host: '127.0.0.1',
    port: 0,
    identity: pki.leafs.apiserver,
    clientCaPem: pki.ca.certificatePem + pki.frontProxyCa.certificatePem,
  })
})

after(async () => {
  await listening.close(0)
  await server.stop()
})

interface Call {
  path: string
  method?: string
  identity?: Identity
  headers?: Record<string, string>
  body?: object
}

async function call({ path, method = 'GET', identity, headers = {}, body }: Call) {
  const reply = await net.request({
    method,
    url: `https://127.0.0.1:${listening.port}${path}`,
    headers: { 'content-type': 'application/json', ...headers },
    tls: { caPem: pki.ca.certificatePem, ...(identity ? { identity } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.body) chunks.push(chunk)
  return { status: reply.status, body: JSON.parse(Buffer.concat(chunks).toString()) }
}

async function whoAmI(identity?: Identity, headers: Record<string, string> = {}) {
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const reply = await call({ path, method: 'POST', headers, body: {}, ...(identity ? { identity } : {}) })
  return { status: reply.status, user: reply.body.status?.userInfo }
}

test('each certificate is who it should be', async () => {
  const { leafs, frontProxyClient } = pki
  assert.deepEqual((await whoAmI(leafs.admin)).user?.groups, ['system:masters', 'system:authenticated'])
  assert.equal((await whoAmI(leafs.scheduler)).user?.username, 'system:kube-scheduler')
  const node = await whoAmI(leafs.kubelet)
  assert.deepEqual(
    [node.user?.username, node.user?.groups],
    ['system:node:n1', ['system:nodes', 'system:authenticated']],
  )
  const proxied = await whoAmI(frontProxyClient, { 'x-remote-user': 'ann', 'x-remote-group': 'g' })
  assert.deepEqual(proxied.user, { username: 'ann', groups: ['g', 'system:authenticated'] })
  assert.equal((await whoAmI()).status, 403)
})

test('a certificate of another authority and a made-up token are 401', async () => {
  const foreign = await ensureClusterPki({ nodeName: 'n1', nodeAddresses: [] }, { clock, random })
  assert.equal((await whoAmI(foreign.leafs.admin)).status, 401)
  assert.equal((await whoAmI(undefined, { authorization: 'Bearer nope' })).status, 401)
})

test('users get what their roles say, and anonymous the public paths', async () => {
  const vera = issueFor(pki.ca, client('vera'), { clock, random })
  const pods = await call({ path: '/api/v1/namespaces/default/pods', identity: vera })
  assert.equal(
    pods.body.message,
    'pods is forbidden: User "vera" cannot list resource "pods" in API group "" in the namespace "default"',
  )
  assert.equal((await call({ path: '/api/v1/nodes', identity: pki.leafs.kubelet })).status, 403)
  assert.equal((await call({ path: '/api/v1/services', identity: pki.leafs.kubelet })).status, 200)
  assert.equal((await call({ path: '/version' })).status, 200)
  assert.equal((await call({ path: '/api/v1/pods' })).status, 403)
})

test('a requested token names its service account, and verifies against the published keys', async () => {
  const { admin } = pki.leafs
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await call({ path: accounts, method: 'POST', identity: admin, body: { metadata: { name: 'sa' } } })
  const made = await call({ path: `${accounts}/sa/token`, method: 'POST', identity: admin, body: { spec: {} } })
  const authorization = `Bearer ${made.body.status.token}`
  assert.equal((await whoAmI(undefined, { authorization })).user?.username, 'system:serviceaccount:default:sa')
  const { keys } = (await call({ path: '/openid/v1/jwks', identity: admin })).body
  const header = JSON.parse(Buffer.from(made.body.status.token.split('.')[0], 'base64url').toString())
  assert.deepEqual([keys.length, keys[0].kid], [1, header.kid])
  await call({ path: `${accounts}/sa`, method: 'DELETE', identity: admin })
  assert.equal((await whoAmI(undefined, { authorization })).status, 401)
})
