import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { realPlatform } from '../platform/real/platform.ts'
import { externalProvider } from './external/external.ts'
import { localProvider } from './local/local.ts'
import { describeProvider } from './provider.contract.ts'
import { type CloudProvider, ImplementedElsewhere } from './provider.ts'

const { net, clock } = realPlatform()
const sample = fileURLToPath(new URL('../../examples/cloud-provider/provider.py', import.meta.url))

describeProvider('localProvider', async (services) => {
  return { provider: localProvider({ services: () => services }), stop: async () => {} }
})

describeProvider('externalProvider over the sample', async () => {
  const { said, stop } = await startSample('--port', '0')
  return { provider: await externalProvider({ net, clock, url: `http://127.0.0.1:${/\d+/.exec(said)?.[0]}` }), stop }
})

describeProvider('externalProvider over the sample’s unix socket', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'k8ts-cloud-'))
  const socket = join(directory, 'with space')
  const sample = await startSample('--socket', socket)
  return {
    provider: await externalProvider({ net, clock, url: `unix://${encodeURI(socket)}` }),
    async stop() {
      await sample.stop()
      await rm(directory, { recursive: true })
    },
  }
})

async function startSample(...words: string[]) {
  const child = spawn('python3', [sample, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', (text: Buffer) => resolve(text.toString()))
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    said,
    async stop() {
      child.kill()
      await ended
    },
  }
}

/** A cloud's program that says what it is told to. */
async function withAnswers(
  answers: Record<string, { status?: number; text: string }>,
  body: (url: string) => Promise<void>,
): Promise<void> {
  const capabilities = { version: 'v1', name: 'test', instances: true, loadBalancers: true, routes: true }
  const server = createServer((request, response) => {
    const { status = 200, text } = answers[request.url ?? ''] ?? { text: JSON.stringify(capabilities) }
    response.writeHead(status, { connection: 'close' }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const address = server.address()
    await body(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

test('externalProvider passes on what the cloud says, and refuses what is no answer', async () => {
  const answers = {
    '/v1/load-balancers/ensure': { status: 500, text: '{"message":"quota used up"}' },
    '/v1/load-balancers/get': { text: '{"status":{"ingress":[{"ip":7}]}}' },
    '/v1/load-balancers/update': { status: 501, text: '' },
    '/v1/instances/exists': { text: '{"exists":"yes"}' },
    '/v1/instances/metadata': { text: '<html>' },
    '/v1/routes/list': { text: '{"routes":[{}]}' },
  }
  await withAnswers(answers, async (url) => {
    const { instances, loadBalancers, routes } = await externalProvider({ net, clock, url })
    const object = { metadata: { name: 'x' } }
    await assert.rejects(loadBalancers!.ensure('c', object, []), /^CloudError: quota used up$/)
    await assert.rejects(loadBalancers!.get('c', object), /not the status of a load balancer/)
    await assert.rejects(loadBalancers!.update('c', object, []), ImplementedElsewhere)
    await assert.rejects(instances!.exists(object), /exists is no boolean/)
    await assert.rejects(instances!.metadata(object), /HTTP status 200 with something else than a JSON object/)
    await assert.rejects(routes!.list('c'), /no routes/)
  })
})

test('externalProvider sends nothing in the clear to another machine', async () => {
  await assert.rejects(externalProvider({ net, clock, url: 'http://192.0.2.1:80' }), /want https/)
  await assert.rejects(externalProvider({ net, clock, url: 'unix://host/path' }), /want unix:\/\/\/path/)
})

test('externalProvider refuses a program of another version', async () => {
  await withAnswers({ '/v1/capabilities': { text: '{"version":"v2"}' } }, async (url) => {
    await assert.rejects(externalProvider({ net, clock, url }), /want version "v1", got "v2"/)
  })
})

test('externalProvider says that a failure has no words, and shortens long ones', async () => {
  const answers = {
    '/v1/instances/exists': { status: 500, text: '{"message":""}' },
    '/v1/instances/shutdown': { status: 500, text: JSON.stringify({ message: 'x'.repeat(100_000) }) },
    '/v1/instances/metadata': { text: '{"metadata":[]}' },
    '/v1/load-balancers/get': { text: '{"status":{"ingress":[[]]}}' },
    '/v1/routes/list': { text: '{"routes":[{"name":"a","targetNode":"b","destinationCIDR":"c","blackhole":"no"}]}' },
  }
  await withAnswers(answers, async (url) => {
    const { instances, loadBalancers, routes } = await externalProvider({ net, clock, url })
    const object = { metadata: { name: 'x' } }
    await assert.rejects(instances!.exists(object), /^CloudError: HTTP status 500$/)
    await assert.rejects(instances!.isShutDown(object), { message: 'x'.repeat(1024) })
    await assert.rejects(instances!.metadata(object), /not an instance/)
    await assert.rejects(loadBalancers!.get('c', object), /not the status of a load balancer/)
    await assert.rejects(routes!.list('c'), /no routes/)
  })
})

/** A cloud's program that misbehaves after it has said what it offers; counts the connections that are open. */
async function withMisbehaviour(
  misbehave: (response: ServerResponse) => void,
  body: (provider: CloudProvider, parts: { open(): number; hurry(): void }) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    if (request.url === '/v1/capabilities') response.end('{"version":"v1","name":"test","loadBalancers":true}')
    else misbehave(response)
  })
  server.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  let patienceMs: number | undefined
  const hurried = {
    ...clock,
    after: (delayMs: number, callback: () => void) => clock.after(patienceMs ?? delayMs, callback),
  }
  try {
    const hurry = (): void => {
      patienceMs = 20
    }
    await body(await externalProvider({ net, clock: hurried, url }), { open: () => sockets.size, hurry })
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

test('externalProvider leaves answers that never end, are too long or break off, and their connections', async () => {
  const never = /load-balancers\/get: no whole answer after 60000 ms$/
  const table: [misbehave: (response: ServerResponse) => void, why: RegExp][] = [
    [() => {}, never],
    [(response) => void response.write('{"status":'), never],
    [(response) => void response.write(' '.repeat(5 << 20)), /load-balancers\/get: more than 4194304 bytes$/],
    [(response) => void response.socket?.destroy(), /load-balancers\/get: socket hang up$/],
    [(response) => response.end('{"status":{"ingress":[{"ip":"192.0.2.1"}]'), /something else than a JSON object$/],
  ]
  for (const [misbehave, why] of table)
    await withMisbehaviour(misbehave, async ({ loadBalancers }, { open, hurry }) => {
      if (why === never) hurry()
      await assert.rejects(loadBalancers!.get('c', { metadata: { name: 'x' } }), why)
      while (open() > 0) await new Promise((resolve) => setImmediate(resolve))
    })
})

test('externalProvider calls again where its connection was closed meanwhile', async () => {
  let calls = 0
  const misbehave = (response: ServerResponse): void => {
    calls++
    if (calls === 1) response.socket?.destroy()
    else response.end('{"status":null}')
  }
  await withMisbehaviour(misbehave, async ({ loadBalancers }) => {
    assert.equal(await loadBalancers!.get('c', { metadata: { name: 'x' } }), undefined)
    assert.equal(calls, 2)
  })
})
