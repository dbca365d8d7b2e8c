/** A cluster's own server encrypts Secrets without being told to, with a key that it makes itself and keeps. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { coreV1 } from '../../src/api/resources.ts'
import { createClient } from '../../src/client/client-impl.ts'
import { httpTransport } from '../../src/client/http-transport.ts'
import { loadKubeconfig } from '../../src/client/kubeconfig.ts'
import { Flags } from '../../src/cluster/apiserver/flags.ts'
import { paths } from '../../src/cluster/config.ts'
import { configFor, thisMachine } from '../../src/cluster/machine.ts'
import { startServer } from '../../src/cluster/server.ts'
import { silent } from '../../src/platform/log.ts'

const password = 'swordfish-swordfish'

test('startServer encrypts Secrets by itself and reads them with the same key after a restart', async () => {
  const home = mkdtempSync(join(tmpdir(), 'k8ts-own-'))
  const machine = { ...thisMachine(), log: silent }
  const config = { ...configFor(machine, { home }), apiServerPort: 0, nodeAddress: '127.0.0.1' }
  const { database, encryptionConfig, adminKubeconfig } = paths(config)
  const withServer = async <T>(use: (secrets: ReturnType<typeof secretsOf>) => Promise<T>): Promise<T> => {
    const server = await startServer(machine, config, new Flags(new Map()))
    const { tls } = await loadKubeconfig(machine.disk, adminKubeconfig)
    const transport = httpTransport({ net: machine.net, server: `https://127.0.0.1:${server.port}`, tls })
    try {
      return await use(secretsOf(transport))
    } finally {
      await server.stop()
    }
  }
  await withServer((secrets) => secrets.create({ metadata: { name: 's' }, stringData: { password } }))
  const stored = readdirSync(dirname(database)).map((name) => readFileSync(join(dirname(database), name)))
  assert.ok(stored.some((bytes) => bytes.includes('/registry/secrets/default/s')))
  for (const text of [password, Buffer.from(password).toString('base64')])
    assert.ok(!stored.some((bytes) => bytes.includes(text)))
  assert.equal(statSync(encryptionConfig).mode & 0o777, 0o600)
  const key = readFileSync(encryptionConfig, 'utf8')
  const found = await withServer((secrets) => secrets.get('s'))
  assert.equal(Buffer.from(found.data?.password ?? '', 'base64').toString(), password)
  assert.equal(readFileSync(encryptionConfig, 'utf8'), key)
  rmSync(home, { recursive: true })
})

function secretsOf(transport: ReturnType<typeof httpTransport>) {
  return createClient(transport).of(coreV1.secrets, 'default')
}
