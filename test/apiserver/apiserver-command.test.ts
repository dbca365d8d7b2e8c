/**
 * `k8ts apiserver` as its users start it: by its flags, over HTTPS, with keys it made by itself. The recorded exchanges
 * of kube-apiserver are replayed against it; a second start finds everything in its data directory.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'

const here = new URL('.', import.meta.url).pathname
const program = join(here, '../../bin/k8ts')
const folder = process.env.K8TS_PARITY ?? join(here, '../../../shared/parity')
const skip = existsSync(join(folder, 'replay.mjs')) ? false : `SKIPPED: no recorded exchanges at ${folder}`

let directory = ''
let running: { child: ChildProcess; port: number }

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'k8ts-apiserver-'))
  writeFileSync(join(directory, 'tokens.csv'), 'sesame,admin,admin,"system:masters"\nwilma,wilma,2,"devs, ops"\n')
  running = await start()
})

after(async () => {
  await stop(running)
  rmSync(directory, { recursive: true })
})

function flags(...more: string[]): string[] {
  const own = ['--data-dir', join(directory, 'data'), '--secure-port=0', '--bind-address', '127.0.0.1']
  const access = ['--token-auth-file', join(directory, 'tokens.csv'), '--authorization-mode=Node,RBAC']
  return ['apiserver', ...own, ...access, '--service-cluster-ip-range', '10.96.0.0/16', ...more]
}

async function start(...more: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(program, flags(...more), { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const line of createInterface({ input: child.stderr })) {
    const { port } = line.startsWith('{') ? (JSON.parse(line) as { port?: number }) : {}
    if (port !== undefined) return { child, port }
  }
  throw new Error('the server ended before it answered')
}

async function stop({ child }: { child: ChildProcess }): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

interface Answer {
  status: number
  body: { kind?: string; metadata?: { uid?: string }; status?: { userInfo?: object } }
}

function call(method: string, path: string, token?: string, body?: object): Promise<Answer> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  const ca = readFileSync(join(directory, 'data/pki/ca.crt'))
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: running.port, method, path, headers, ca }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => {
        text += chunk
      })
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : {} }),
      )
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

test('k8ts apiserver knows callers by its token file and lets roles decide', async () => {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const { body } = await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', 'wilma', review)
  assert.deepEqual(body.status?.userInfo, {
    username: 'wilma',
    uid: '2',
    groups: ['devs', 'ops', 'system:authenticated'],
  })
  assert.equal((await call('GET', '/api/v1/secrets', 'wilma')).status, 403)
  assert.equal((await call('GET', '/api/v1/secrets', 'sesame')).status, 200)
  assert.equal((await call('GET', '/api/v1/secrets')).status, 403)
  assert.equal((await call('GET', '/api/v1/secrets', 'nobody')).status, 401)
})

test('k8ts apiserver keeps its keys from others', () => {
  const pki = join(directory, 'data/pki')
  const keys = readdirSync(pki).filter((name) => name.endsWith('.key'))
  assert.ok(keys.length > 3)
  for (const path of [...keys.map((name) => join(pki, name)), join(directory, 'data/admin.kubeconfig')]) {
    assert.equal(statSync(path).mode & 0o777, 0o600, path)
  }
})

test('k8ts apiserver answers recorded requests as kube-apiserver does', { skip }, () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const out = join(directory, 'results.json')
  const server = ['--server', `https://127.0.0.1:${running.port}`, '--token', 'sesame']
  const { stderr } = spawnSync(
    process.execPath,
    [join(folder, 'replay.mjs'), ...server, '--show', '0', '--json', out, ...files.map((name) => join(folder, name))],
    { encoding: 'utf8', timeout: 150_000 },
  )
  assert.ok(existsSync(out), stderr)
  const results = JSON.parse(readFileSync(out, 'utf8')) as Record<string, { passed: number; failed: string[] }>
  assert.deepEqual(
    Object.values(results).flatMap(({ failed }) => failed),
    [],
  )
  const agreeing = Object.values(results).reduce((sum, { passed }) => sum + passed, 0)
  assert.ok(agreeing >= 3_064, `only ${agreeing} were compared`)
})

test('k8ts apiserver finds everything again, keys and objects, and switches versions on', async () => {
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } }
  const path = '/api/v1/namespaces/default/configmaps'
  const made = await call('POST', path, 'sesame', config)
  const authority = readFileSync(join(directory, 'data/pki/ca.crt'), 'utf8')
  assert.equal((await call('GET', '/apis/networking.k8s.io/v1beta1', 'sesame')).status, 404)
  await stop(running)
  running = await start('--runtime-config=networking.k8s.io/v1beta1=true')
  assert.equal(readFileSync(join(directory, 'data/pki/ca.crt'), 'utf8'), authority)
  assert.equal((await call('GET', `${path}/kept`, 'sesame')).body.metadata?.uid, made.body.metadata?.uid)
  assert.equal((await call('GET', '/apis/networking.k8s.io/v1beta1', 'sesame')).status, 200)
})

const refusals: [words: string[], message: RegExp][] = [
  [['--tracing-config-file=/x'], /k8ts: --tracing-config-file is not offered: there are no traces/],
  [['--profiling'], /k8ts: --profiling=true is not offered, only false/],
  [['--no-such-flag=1'], /k8ts: unknown flag: --no-such-flag/],
  [['--secure-port=x'], /k8ts: invalid value "x" for --secure-port: want a whole number/],
  [['--service-cluster-ip-range=10.0.0.0/8,10.96.0.0/16'], /different IP families/],
  [['--token-auth-file=/none.csv'], /k8ts: --token-auth-file: cannot read \/none.csv: ENOENT/],
  [['--runtime-config=apps/v9=true'], /k8ts: --runtime-config: unknown api apps\/v9/],
  [['--feature-gates=Nothing=true'], /k8ts: unrecognized feature gate: Nothing/],
  [['surplus'], /k8ts: want flags only, got the word "surplus"/],
]

for (const [words, message] of refusals) {
  test(`k8ts apiserver refuses ${words.join(' ')}`, () => {
    const own = mkdtempSync(join(tmpdir(), 'k8ts-apiserver-'))
    const { status, stderr } = spawnSync(program, ['apiserver', '--data-dir', own, '--secure-port=0', ...words], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    rmSync(own, { recursive: true })
    assert.equal(status, 1)
    assert.match(stderr, message)
  })
}

test('k8ts apiserver writes what its audit policy asks for, and refuses a policy that it cannot read', async () => {
  const policy = join(directory, 'audit.yaml')
  const log = join(directory, 'audit/audit.log')
  await stop(running)
  writeFileSync(policy, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  users: [wilma]\n')
  running = await start('--audit-policy-file', policy, '--audit-log-path', log, '--audit-log-maxsize=1')
  await call('GET', '/api/v1/namespaces', 'wilma-has-no-such-token')
  await call('GET', '/api/v1/namespaces', 'wilma')
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { stage: string }).stage),
    ['RequestReceived', 'ResponseComplete'],
  )
  assert.equal(statSync(log).mode & 0o777, 0o600)
  writeFileSync(policy, 'apiVersion: audit.k8s.io/v1\nkind: Policy\n')
  const refused = spawnSync(program, flags('--audit-policy-file', policy), { encoding: 'utf8' })
  assert.match(refused.stderr, /--audit-policy-file: .*the policy has no rules/)
  assert.notEqual(refused.status, 0)
})
