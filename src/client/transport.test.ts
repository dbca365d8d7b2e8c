/** What every `Transport` to our own API server does: the same requests in process and over HTTPS. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ApiError } from '../api/errors.ts'
import { coreV1 } from '../api/resources.ts'
import { allowAll } from '../apiserver/authorize.ts'
import { adminUser, startTestApiServer } from '../apiserver/testbed/server.ts'
import type { TlsIdentity } from '../platform/net.ts'
import { realNet } from '../platform/real/net.ts'
import { createClient } from './client-impl.ts'
import { httpTransport } from './http-transport.ts'
import type { Transport } from './transport.ts'

interface Under {
  transport: Transport
  stop(): Promise<void>
}

const security = { authenticator: { authenticate: async () => adminUser }, authorizer: allowAll }

async function inProcess(): Promise<Under> {
  const api = await startTestApiServer({ security })
  return { transport: api.transport, stop: () => api.stop() }
}

async function overHttps(): Promise<Under> {
  const api = await startTestApiServer({ security })
  const net = realNet()
  const identity = selfSigned()
  const listening = await api.server.serve(net, { host: '127.0.0.1', port: 0, identity })
  const tls = { caPem: identity.certificatePem }
  const transport = httpTransport({ net, server: `https://127.0.0.1:${listening.port}`, tls })
  const stop = async (): Promise<void> => {
    await transport.close()
    await api.stop()
    await listening.close(0)
  }
  return { transport, stop }
}

function selfSigned(): TlsIdentity {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-transport-'))
  try {
    const [cert, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const name = ['-subj', '/CN=kubernetes', '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync('openssl', ['req', '-x509', ...curve, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { certificatePem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8') }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const cases: readonly [title: string, body: (transport: Transport) => Promise<void>][] = [
  [
    'carries every verb, its options and its errors',
    async (transport) => {
      const maps = createClient(transport).of(coreV1.configMaps, 'default')
      const created = await maps.create({ metadata: { name: 'a.b-c', namespace: 'default' } })
      const patched = await maps.patch(created.metadata.name!, { type: 'merge', patch: { data: { text: 'grün ☃' } } })
      assert.equal(patched.data?.text, 'grün ☃')
      assert.equal((await maps.list({ fieldSelector: 'metadata.name=other' })).items.length, 0)
      assert.equal((await maps.list({ limit: 1 })).items.length, 1)
      await maps.delete(created.metadata.name!)
      const missing = (error: unknown): boolean => error instanceof ApiError && error.reason === 'NotFound'
      await assert.rejects(maps.get(created.metadata.name!), missing)
      const invalid = maps.create({ metadata: { name: 'Not Valid', namespace: 'default' } })
      await assert.rejects(invalid, (error) => error instanceof ApiError && error.code === 422)
    },
  ],
  [
    'carries a large object and a long list whole',
    async (transport) => {
      const maps = createClient(transport).of(coreV1.configMaps, 'default')
      const text = 'x'.repeat(900_000)
      await maps.create({ metadata: { name: 'large', namespace: 'default' }, data: { text } })
      assert.equal((await maps.get('large')).data?.text?.length, text.length)
      for (let index = 0; index < 300; index++) {
        await maps.create({ metadata: { name: `m${index}`, namespace: 'default' }, data: { index: `${index}` } })
      }
      assert.equal((await maps.list()).items.length, 301)
    },
  ],
  [
    'streams a watch until it is aborted',
    async (transport) => {
      const maps = createClient(transport).of(coreV1.configMaps, 'default')
      const { metadata } = await maps.list()
      const abort = new AbortController()
      const seen: string[] = []
      const start = { resourceVersion: metadata.resourceVersion!, signal: abort.signal }
      const watching = (async () => {
        for await (const event of maps.watch(start)) {
          seen.push(event.type)
          if (event.type === 'DELETED') abort.abort()
        }
      })()
      const created = await maps.create({ metadata: { name: 'a', namespace: 'default' } })
      await maps.update({ ...created, data: { k: 'v' } })
      await maps.delete('a')
      await watching
      assert.deepEqual(seen, ['ADDED', 'MODIFIED', 'DELETED'])
    },
  ],
  [
    'refuses an upgrade of what can not be upgraded with a Status',
    async (transport) => {
      const headers = { upgrade: 'websocket', connection: 'Upgrade' }
      const path = '/api/v1/namespaces/default/pods/none/exec?command=sh'
      const reply = await transport.upgrade({ method: 'GET', path, headers })
      assert.equal(reply.socket, undefined)
      assert.equal(reply.status, JSON.parse(Buffer.from(reply.body).toString()).code)
    },
  ],
]

for (const [name, make] of [
  ['in process', inProcess],
  ['over HTTPS', overHttps],
] as const) {
  for (const [title, body] of cases) {
    test(`transport ${name} ${title}`, async () => {
      const { transport, stop } = await make()
      try {
        await body(transport)
      } finally {
        await stop()
      }
    })
  }
}
