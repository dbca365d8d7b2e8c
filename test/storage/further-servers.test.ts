/** Further servers of a cluster: `k8ts server` on the same etcd, with the first one's PKI and encryption configuration. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { authenticationV1, coreV1 } from '../../src/api/resources.ts'
import type { TokenRequest } from '../../src/api/types/authentication/v1.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/client-impl.ts'
import { httpTransport } from '../../src/client/http-transport.ts'
import { loadKubeconfig } from '../../src/client/kubeconfig.ts'
import { serverFlags } from '../../src/cluster/apiserver/flag-table.ts'
import { parseFlags } from '../../src/cluster/apiserver/flags.ts'
import { paths } from '../../src/cluster/config.ts'
import { configFor, thisMachine } from '../../src/cluster/machine.ts'
import { startServer } from '../../src/cluster/server.ts'
import { silent } from '../../src/platform/log.ts'
import { etcdVersion, startEtcd } from '../../src/store/etcd/testbed/etcd-server.ts'

const skip = etcdVersion === undefined ? 'etcd is not installed (script/prepare --tests)' : false
const directory = mkdtempSync(join(tmpdir(), 'k8ts-further-'))
const machine = { ...thisMachine(), log: silent }
after(() => rmSync(directory, { recursive: true }))

const home = (name: string): string => join(directory, name)
const configOf = (name: string, address: string) => ({
  ...configFor(machine, { home: home(name), nodeName: name, nodeAddress: address }),
  apiServerPort: 0,
})

interface Running extends AsyncDisposable {
  client: Client
  /** With the administrator's certificate of any of the cluster's homes. */
  as(other: string): Promise<Client>
}

async function start(name: string, endpoints: readonly string[]): Promise<Running> {
  const flags = parseFlags([`--etcd-servers=${endpoints.join(',')}`], serverFlags())
  const server = await startServer(machine, configOf(name, '127.0.0.1'), flags)
  const as = async (other: string): Promise<Client> => {
    const { tls } = await loadKubeconfig(machine.disk, paths(configOf(other, '127.0.0.1')).adminKubeconfig)
    return createClient(httpTransport({ net: machine.net, server: `https://127.0.0.1:${server.port}`, tls }))
  }
  return { client: await as(name), as, [Symbol.asyncDispose]: () => server.stop() }
}

test('servers of one cluster share its PKI and encryption configuration: what one writes the other reads', {
  skip,
}, async () => {
  await using etcd = await startEtcd()
  await using first = await start('first', etcd.endpoints)
  cpSync(join(home('first'), 'pki'), join(home('second'), 'pki'), { recursive: true })
  await using second = await start('second', etcd.endpoints)
  const both = [first, second] as const
  for (const [index, { client }] of both.entries()) {
    const password = `swordfish-${index}`
    await client.of(coreV1.secrets, 'default').create({ metadata: { name: `s-${index}` }, stringData: { password } })
    const found = await both[1 - index]!.client.of(coreV1.secrets, 'default').get(`s-${index}`)
    assert.equal(Buffer.from(found.data?.password ?? '', 'base64').toString(), password)
    const stored = etcd.ctl('get', '--print-value-only', `/registry/secrets/default/s-${index}`)
    assert.match(stored, /^k8s:enc:secretbox:v1:key1:/)
    assert.ok(!stored.includes(password))
  }
  for (const name of ['ca.crt', 'ca.key', 'sa.key', 'front-proxy-ca.crt', 'encryption.json'])
    assert.deepEqual(
      ...(['first', 'second'].map((each) => readFileSync(join(home(each), 'pki', name))) as [Buffer, Buffer]),
    )
  // Certificates and tokens of one are good at the other.
  const made = await (await second.as('first'))
    .of(coreV1.serviceAccounts, 'default')
    .create({ metadata: { name: 'a' } })
  const { status } = await first.client
    .of(coreV1.serviceAccounts, 'default')
    .createSub<TokenRequest>('a', 'token', { metadata: {}, spec: { audiences: [] } })
  const review = await second.client
    .of(authenticationV1.tokenReviews)
    .create({ metadata: {}, spec: { token: status?.token ?? '' } })
  assert.equal(review.status?.user?.uid, made.metadata.uid)
})

test('a server with an encryption key of its own refuses a cluster whose Secrets it cannot read', {
  skip,
}, async () => {
  await using etcd = await startEtcd()
  await using first = await start('lone', etcd.endpoints)
  await first.client.of(coreV1.secrets, 'default').create({ metadata: { name: 's' }, stringData: { a: 'b' } })
  await assert.rejects(
    start('stranger', etcd.endpoints),
    /cannot read the cluster's Secrets .*copy them to .*stranger\/pki/,
  )
})
