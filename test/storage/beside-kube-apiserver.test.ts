/**
 * The Go API server and ours on one etcd at the same time, writers and watchers at both. Needs the path of a
 * kube-apiserver 1.36 in KUBE_APISERVER, which nothing here installs; without it this is skipped.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { KubeObject, Resource } from '../../src/api/meta.ts'
import { appsV1, coordinationV1, coreV1 } from '../../src/api/resources.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/client-impl.ts'
import { httpTransport } from '../../src/client/http-transport.ts'
import { realNet } from '../../src/platform/real/net.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { etcdVersion, startEtcd } from '../../src/store/etcd/testbed/etcd-server.ts'
import { startServer } from './server-process.ts'

const program = process.env.KUBE_APISERVER
const skip = etcdVersion === undefined || !program ? 'SKIPPED: needs etcd, and KUBE_APISERVER' : false
const writes = Number(process.env.K8TS_BESIDE_WRITES ?? 200)

interface Kind {
  resource: Resource
  make(name: string, value: string): object
}

const labels = { app: 'a' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'example.test/i:1' }] } }
const kinds: readonly Kind[] = [
  { resource: coreV1.configMaps as Resource, make: (_, value) => ({ data: { value } }) },
  { resource: coreV1.secrets as Resource, make: (_, value) => ({ stringData: { value } }) },
  { resource: coordinationV1.leases as Resource, make: (_, value) => ({ spec: { holderIdentity: value } }) },
  {
    resource: coreV1.services as Resource,
    make: () => ({ spec: { type: 'NodePort', selector: labels, ports: [{ port: 80 }] } }),
  },
  { resource: appsV1.deployments as Resource, make: () => ({ spec: { selector: { matchLabels: labels }, template } }) },
]

test('kube-apiserver and k8ts serve one etcd at once: each sees every write of both, in one order and alike', {
  skip,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-beside-'))
  await using etcd = await startEtcd()
  await using go = await startKubeApiServer(directory, etcd.endpoints)
  await using ours = await startServer(join(directory, 'ours'), {
    flags: [`--etcd-servers=${etcd.endpoints.join(',')}`],
  })
  const clients = [go.client, ours.client] as const
  for (const { resource, make } of kinds) {
    const before = await ours.client.of(resource, 'default').list()
    await Promise.all(
      clients.flatMap((client, server) =>
        ['x', 'y'].map((writer) => work(client, { resource, make }, simulatedRandom(`${server} ${writer}`))),
      ),
    )
    const last = await go.client.of(resource).create(object({ resource, make }, 'last', 'end'))
    const from = before.metadata?.resourceVersion ?? ''
    const [seenByGo, seenByOurs] = await Promise.all(clients.map((client) => watched(client, resource, { from, last })))
    assert.ok(seenByGo!.length > writes / 4, `${seenByGo!.length} events`)
    assert.deepEqual(seenByOurs, seenByGo)
    const [listOfGo, listOfOurs] = await Promise.all(clients.map((client) => client.of(resource, 'default').list()))
    assert.deepEqual(listOfOurs!.items, listOfGo!.items)
  }
  // Both give out ports of one table.
  const service = { metadata: {}, spec: { type: 'NodePort', ports: [{ port: 80 }] } }
  const made = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const named = { ...service, metadata: { name: `many-${index}` } }
      return await clients[index % 2]!.of(coreV1.services, 'default').create(named)
    }),
  )
  assert.equal(new Set(made.map(({ spec }) => spec?.ports?.[0]?.nodePort)).size, 200)
  rmSync(directory, { recursive: true })
})

function object({ make }: Kind, name: string, value: string): KubeObject {
  return { metadata: { name, namespace: 'default' }, ...make(name, value) } as KubeObject
}

/** Creates, patches and deletes a few objects that others write too. */
async function work(client: Client, kind: Kind, random: ReturnType<typeof simulatedRandom>): Promise<void> {
  const objects = client.of(kind.resource, 'default')
  for (let count = 0; count < writes / 4; count++) {
    const name = `o-${random.int(6)}`
    const choice = random.float()
    const patch = { metadata: { annotations: { count: `${count}` } } }
    const written =
      choice < 0.4
        ? objects.create(object(kind, name, `${count}`))
        : choice < 0.8
          ? objects.patch(name, { type: 'merge', patch })
          : objects.delete(name)
    await written.catch((error: { code?: number }) =>
      assert.ok(error.code === 404 || error.code === 409, String(error)),
    )
  }
}

/** Every event after a revision, up to the object that was created last. */
async function watched(
  client: Client,
  resource: Resource,
  { from, last }: { from: string; last: KubeObject },
): Promise<object[]> {
  const events: object[] = []
  for await (const { type, object: seen } of client.of(resource, 'default').watch({ resourceVersion: from })) {
    events.push({ type, object: seen })
    if ((seen as KubeObject).metadata.uid === last.metadata.uid) return events
  }
  throw new Error('the watch ended')
}

async function startKubeApiServer(
  directory: string,
  endpoints: readonly string[],
): Promise<AsyncDisposable & { client: Client }> {
  const at = (name: string) => join(directory, name)
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(at('sa.key'), key, { mode: 0o600 })
  writeFileSync(at('tokens.csv'), 'sesame,admin,admin,"system:masters"\n', { mode: 0o600 })
  const port = await freePort()
  const flags = [
    ...[`--etcd-servers=${endpoints.join(',')}`, `--secure-port=${port}`, '--bind-address=127.0.0.1'],
    ...[`--cert-dir=${at('certs')}`, `--token-auth-file=${at('tokens.csv')}`, '--authorization-mode=RBAC'],
    ...['--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${at('sa.key')}`],
    ...[`--service-account-signing-key-file=${at('sa.key')}`, '--service-cluster-ip-range=10.96.0.0/16'],
    '--endpoint-reconciler-type=none',
  ]
  const child = spawn(program!, flags, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  while (!existsSync(at('certs/apiserver.crt'))) await new Promise((resolve) => setTimeout(resolve, 50))
  const client = await ready(at('certs/apiserver.crt'), port)
  return {
    client,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function ready(certificate: string, port: number): Promise<Client> {
  for (;;) {
    const tls = { caPem: readFileSync(certificate, 'utf8') }
    const client = createClient(
      httpTransport({ net: realNet(), server: `https://127.0.0.1:${port}`, tls, token: 'sesame' }),
    )
    const found = await client
      .of(coreV1.namespaces)
      .get('default')
      .catch(() => undefined)
    if (found) return client
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
