import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import * as files from 'node:fs/promises'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, createServer } from 'node:tls'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Random } from '../../platform/random.ts'
import { type ClusterPki, ensureClusterPki } from './cluster-pki.ts'

const dayMs = 86_400_000
const names = { nodeName: 'n1', nodeAddresses: ['192.0.2.7', 'fd00::7'] }
let drawn = 0
const random = { bytes: (count: number) => new Uint8Array(count).fill(++drawn) } as unknown as Random
const clockAt = (nowMs: number) => ({ nowMs: () => nowMs }) as Clock
const startMs = Date.UTC(2026, 5, 1)

test('ensureClusterPki names the API server as clients and pods reach it', async () => {
  const pki = await ensureClusterPki(names, { clock: clockAt(startMs), random })
  const certificate = new X509Certificate(pki.leafs.apiserver.certificatePem)
  for (const host of ['kubernetes', 'kubernetes.default.svc.cluster.local', 'localhost', 'n1']) {
    assert.equal(certificate.checkHost(host), host)
  }
  for (const address of ['127.0.0.1', '::1', '10.96.0.1', '192.0.2.7', 'fd00::7'])
    assert.ok(certificate.checkIP(address))
  assert.equal(new X509Certificate(pki.leafs.kubelet.certificatePem).subject, 'O=system:nodes\nCN=system:node:n1')
})

test('ensureClusterPki makes certificates that TLS accepts on both sides', async () => {
  const pki = await ensureClusterPki(names, { clock: clockAt(Date.now()), random })
  assert.deepEqual(await handshake(pki), { server: true, client: true })
})

test('ensureClusterPki loads what it wrote, renews near the end and keeps authority and token key', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pki-'))
  try {
    const store = { disk: realDisk, directory: join(directory, 'pki') }
    const first = await ensureClusterPki(names, { clock: clockAt(startMs), random, store })
    const again = await ensureClusterPki(names, { clock: clockAt(startMs + 200 * dayMs), random, store })
    assert.deepEqual(again, first)
    const moved = await ensureClusterPki(
      { ...names, nodeAddresses: ['192.0.2.8'] },
      { clock: clockAt(startMs), random, store },
    )
    assert.notEqual(moved.leafs.apiserver.certificatePem, first.leafs.apiserver.certificatePem)
    assert.equal(moved.leafs.admin.certificatePem, first.leafs.admin.certificatePem)
    const later = await ensureClusterPki(names, { clock: clockAt(startMs + 300 * dayMs), random, store })
    assert.notEqual(later.leafs.admin.certificatePem, first.leafs.admin.certificatePem)
    assert.deepEqual([later.ca, later.serviceAccountKey], [first.ca, first.serviceAccountKey])
    for (const name of await readdir(store.directory)) {
      const { mode } = await stat(join(store.directory, name))
      assert.equal(mode & 0o777, name.endsWith('.key') ? 0o600 : 0o644, name)
    }
  } finally {
    await rm(directory, { recursive: true })
  }
})

async function handshake(pki: ClusterPki): Promise<{ server: boolean; client: boolean }> {
  const server = createServer({
    cert: pki.leafs.apiserver.certificatePem,
    key: pki.leafs.apiserver.keyPem,
    ca: pki.ca.certificatePem,
    requestCert: true,
    rejectUnauthorized: false,
  })
  const seen = new Promise<boolean>((resolve) =>
    server.once('secureConnection', (socket) => resolve(socket.authorized)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { certificatePem: cert, keyPem: key } = pki.leafs.admin
  const socket = connect({ host: '127.0.0.1', port, cert, key, ca: pki.ca.certificatePem, servername: 'localhost' })
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  const verdict = { server: socket.authorized, client: await seen }
  socket.destroy()
  server.close()
  return verdict
}

const realDisk = {
  list: async (path: string) => files.readdir(path).catch(() => []),
  readText: (path: string) => files.readFile(path, 'utf8'),
  makeDirectory: async (path: string, mode: number) => void (await files.mkdir(path, { recursive: true, mode })),
  write: (path: string, text: string, options: { mode: number }) => files.writeFile(path, text, options),
} as unknown as Disk
