import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { silent } from '../../platform/log.ts'
import type { Listening } from '../../platform/net.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { httpHandlers } from '../http/front.ts'
import { TestCaller } from '../testbed/caller.ts'
import { adminUser } from '../testbed/server.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
let caller: TestCaller
let listening: Listening

before(async () => {
  caller = await TestCaller.start({
    nodeProxy: {
      request: async () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: logged() }),
      upgrade: async () => undefined,
    },
    security: {
      authenticator: { authenticate: async () => adminUser },
      authorizer: { authorize: async () => ({ allowed: true, reason: '' }) },
    },
  })
  listening = await realPlatform().net.serveHttp(
    { host: '127.0.0.1', port: 0 },
    httpHandlers(caller.api.server, silent),
  )
})

after(async () => {
  await listening.close(0)
  await caller.api.stop()
})

/** The messages as they come. */
async function* messagesOf(socket: WebSocket): AsyncGenerator<{ data: Buffer; isBinary: boolean }> {
  const waiting: { data: Buffer; isBinary: boolean }[] = []
  let wake = () => {}
  let closed = false
  socket.on('message', (data: Buffer, isBinary) => {
    waiting.push({ data, isBinary })
    wake()
  })
  socket.on('close', () => {
    closed = true
    wake()
  })
  for (;;) {
    const message = waiting.shift()
    if (message) yield message
    else if (closed) return
    else await new Promise<void>((resolve) => (wake = resolve))
  }
}

function open(query: string, headers: Record<string, string> = {}, protocols: string[] = []): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${listening.port}${configMaps}?${query}`, protocols, { headers })
}

test('a watch over a WebSocket sends each event as a text message', async () => {
  await caller.call('POST', configMaps, { metadata: { name: 'a' } })
  const token = 'base64url.bearer.authorization.k8s.io.eA'
  const socket = open('watch=true', {}, [token, 'v1'])
  const messages = messagesOf(socket)
  const first = (await messages.next()).value
  assert.equal(socket.protocol, 'v1')
  assert.equal(first?.isBinary, false)
  assert.deepEqual(pick(first?.data), ['ADDED', 'a'])
  await caller.call('POST', configMaps, { metadata: { name: 'b' } })
  await caller.call('DELETE', `${configMaps}/a`)
  assert.deepEqual(pick((await messages.next()).value?.data), ['ADDED', 'b'])
  assert.deepEqual(pick((await messages.next()).value?.data), ['DELETED', 'a'])
  socket.close()
  assert.equal((await messages.next()).done, true)
})

test('a watch over a WebSocket in protobuf sends bare messages', async () => {
  const socket = open('watch=true', { accept: 'application/vnd.kubernetes.protobuf;stream=watch' })
  const message = (await messagesOf(socket).next()).value
  assert.equal(message?.isBinary, true)
  assert.equal(message?.data.subarray(0, 4).toString('latin1').includes('k8s'), false)
  assert.ok(message?.data.includes(Buffer.from('ADDED')))
  socket.terminate()
})

test('a WebSocket that asks for a watch that cannot be is refused', async () => {
  const socket = open('watch=true&fieldSelector=no.such%3Dfield')
  const status = await new Promise((resolve) => {
    socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode))
    socket.once('error', () => undefined)
  })
  assert.equal(status, 400)
})

test('logs over a WebSocket come in pieces, binary or in base64', async () => {
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  assert.equal(
    (await caller.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec })).status,
    201,
  )
  const url = `ws://127.0.0.1:${listening.port}/api/v1/namespaces/default/pods/p/log`
  for (const [protocol, expected] of [
    ['binary.k8s.io', ['one\n', 'two\n']],
    ['base64.binary.k8s.io', ['b25lCg==', 'dHdvCg==']],
  ] as const) {
    const received: string[] = []
    for await (const { data, isBinary } of messagesOf(new WebSocket(url, [protocol]))) {
      assert.equal(isBinary, protocol === 'binary.k8s.io')
      received.push(data.toString())
    }
    assert.deepEqual(received, expected)
  }
})

async function* logged(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one\n')
  yield Buffer.from('two\n')
}

function pick(data: Buffer | undefined): string[] {
  const { type, object } = JSON.parse(data?.toString() ?? '{}')
  return [type, object.metadata.name]
}
