import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../platform/log.ts'
import { realPlatform } from '../platform/real/platform.ts'
import { apiServerFlags, serverFlags } from './apiserver/flag-table.ts'
import { flagWords, parseFlags } from './apiserver/flags.ts'
import { clusterConfig } from './config.ts'
import type { Machine } from './machine.ts'
import { startServer } from './server.ts'

const platform = realPlatform()
const { disk, net, random } = platform
const machine: Machine = { ...platform, log: silent, architecture: process.arch, program: '', packageRoot: '' }

test('`k8ts server` takes every flag of the API server but for what its home and its cluster decide', () => {
  const missing = [...apiServerFlags().keys()].filter((name) => !serverFlags().has(name))
  assert.deepEqual(missing.sort(), [
    ...['advertise-address', 'bind-address', 'cert-dir', 'client-ca-file', 'data-dir', 'endpoint-reconciler-type'],
    ...['external-hostname', 'secure-port', 'service-cluster-ip-range', 'tls-cert-file', 'tls-private-key-file'],
  ])
  assert.throws(() => parseFlags(['--bind-address=::1'], serverFlags()), /unknown flag: --bind-address/)
})

test('flagWords keeps flags as they are, with paths that hold anywhere', () => {
  const known = serverFlags()
  const words = [
    '--audit-policy-file',
    'p.yaml',
    '--runtime-config=a=true',
    '--runtime-config',
    'b=true',
    '--anonymous-auth',
  ]
  assert.deepEqual(flagWords(parseFlags(words, known), known), [
    `--audit-policy-file=${join(process.cwd(), 'p.yaml')}`,
    ...['--runtime-config=a=true', '--runtime-config=b=true', '--anonymous-auth=true'],
  ])
})

test('startServer heeds the flags about who is asked, what is recorded, admitted and served', async () => {
  const directory = join(tmpdir(), `k8ts-server-${random.uuid()}`)
  const write = async (name: string, text: string) => {
    await disk.write(join(directory, name), text, { durable: false })
    return join(directory, name)
  }
  await disk.makeDirectory(directory, 0o700)
  const audit = join(directory, 'audit.log')
  const policies = [{ namespace: '*', resource: 'pods', apiGroup: '*' }, { nonResourcePath: '*' }].map((more) => ({
    apiVersion: 'abac.authorization.kubernetes.io/v1beta1',
    ...{ kind: 'Policy', spec: { user: 'wilma', ...more } },
  }))
  const words = [
    `--token-auth-file=${await write('tokens.csv', 'sesame,wilma,1,devs\n')}`,
    `--authorization-policy-file=${await write('abac.jsonl', policies.map((line) => `${JSON.stringify(line)}\n`).join(''))}`,
    '--authorization-mode=Node,RBAC,ABAC',
    `--audit-policy-file=${await write('policy.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n')}`,
    ...[`--audit-log-path=${audit}`, '--anonymous-auth=false', '--enable-admission-plugins=AlwaysPullImages'],
    ...['--runtime-config=networking.k8s.io/v1beta1=true', '--service-account-issuer=https://issuer.example.com'],
  ]
  const config = {
    ...clusterConfig(net, { home: directory, nodeAddress: '127.0.0.1', hostname: 'one' }),
    apiServerPort: 0,
  }
  const server = await startServer(machine, config, parseFlags(words, serverFlags()))
  const caPem = await disk.readText(join(directory, 'pki', 'ca.crt'))
  const call = async (path: string, authorization = 'Bearer sesame', body?: object) => {
    const reply = await net.request({
      ...{ method: body ? 'POST' : 'GET', url: `https://127.0.0.1:${server.port}${path}`, timeoutMs: 10_000 },
      headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      tls: { caPem, serverName: 'kubernetes' },
      ...(body ? { body: Buffer.from(JSON.stringify(body)) } : {}),
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of reply.body) chunks.push(chunk)
    return { status: reply.status, body: JSON.parse(Buffer.concat(chunks).toString()) }
  }
  try {
    const containers = [{ name: 'c', image: 'i:1', imagePullPolicy: 'IfNotPresent' }]
    const pods = '/api/v1/namespaces/default/pods'
    assert.equal((await call('/version', '')).status, 401)
    assert.equal((await call('/api/v1/secrets')).status, 403)
    assert.equal((await call(pods)).status, 200)
    let made = await call(pods, undefined, { metadata: { name: 'a' }, spec: { containers } })
    while (/serviceaccount "default" not found/.test(made.body.message)) {
      await platform.clock.sleep(10)
      made = await call(pods, undefined, { metadata: { name: 'a' }, spec: { containers } })
    }
    assert.equal(made.body.spec?.containers[0].imagePullPolicy, 'Always', JSON.stringify(made.body))
    assert.equal((await call('/.well-known/openid-configuration')).body.issuer, 'https://issuer.example.com')
    assert.equal((await call('/apis/networking.k8s.io/v1beta1')).status, 200)
    assert.match(await disk.readText(audit), /"username":"wilma"/)
  } finally {
    await server.stop()
    await disk.remove(directory)
  }
})
