import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { limits } from '../../limits.ts'
import { silent } from '../../platform/log.ts'
import type { HttpReply, Listening } from '../../platform/net.ts'
import { realNet } from '../../platform/real/net.ts'
import { allowAll } from '../authorize.ts'
import type { ApiResponse } from '../request.ts'
import { adminUser, startTestApiServer, type TestApiServer } from '../testbed/server.ts'
import { BodyReader } from './body.ts'
import { httpHandlers } from './front.ts'

const net = realNet()
const configMaps = '/api/v1/namespaces/default/configmaps'
let api: TestApiServer
let listening: Listening
let server: string

before(async () => {
  api = await startTestApiServer({
    security: { authenticator: { authenticate: async () => adminUser }, authorizer: allowAll },
  })
  listening = await net.serveHttp({ host: '127.0.0.1', port: 0 }, httpHandlers(api.server, silent))
  server = `http://127.0.0.1:${listening.port}`
})
after(async () => {
  await api.stop()
  await listening.close(0)
})

const send = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
  net.request({ method, url: server + path, headers, ...(body === undefined ? {} : { body }) })

async function bytesOf({ body }: HttpReply): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('the front refuses a body beyond the limit with 413', async () => {
  const reply = await send('POST', configMaps, 'x'.repeat(limits.requestBodyBytesMax + 1))
  const { message, reason, code } = JSON.parse((await bytesOf(reply)).toString())
  assert.deepEqual(
    [reply.status, code, reason, message],
    [413, 413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728'],
  )
})

test('the front compresses large answers for who accepts it, and no small ones', async () => {
  const data = { text: 'words '.repeat(limits.gzipFromBytes / 4) }
  await bytesOf(await send('POST', configMaps, JSON.stringify({ metadata: { name: 'large' }, data })))
  const plain = await bytesOf(await send('GET', `${configMaps}/large`))
  const small = await send('GET', '/version', undefined, { 'accept-encoding': 'gzip' })
  assert.equal(small.headers['content-encoding'], undefined)
  await bytesOf(small)
  const packed = await send('GET', `${configMaps}/large`, undefined, { 'accept-encoding': 'gzip' })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  const bytes = await bytesOf(packed)
  assert.ok(bytes.length < plain.length / 10)
  assert.ok(gunzipSync(bytes).equals(plain))
})

test('the front sends warnings as headers of their own', async () => {
  const reply = await send(
    'POST',
    `${configMaps}?dryRun=All`,
    JSON.stringify({ metadata: { name: 'w' }, one: 1, two: 2 }),
  )
  await bytesOf(reply)
  assert.equal(reply.headers.warning, '299 - "unknown field \\"one\\"", 299 - "unknown field \\"two\\""')
})

test('the front sends warnings in any language, those of control characters not at all', async () => {
  const body = JSON.stringify({ metadata: { name: 'w' }, 'grüße 😀': 1, [`${'x'.repeat(254)}😀😀`]: 2, 'a\u0007b': 3 })
  const reply = await send('POST', `${configMaps}?dryRun=All`, body)
  await bytesOf(reply)
  const warning = Buffer.from(String(reply.headers.warning), 'latin1').toString('utf8')
  assert.match(warning, /^299 - "unknown field \\"grüße 😀\\"", 299 - "unknown field \\"x{254}😀😀\\""$/)
})

test('the front streams a watch and lets it go when the client leaves', async () => {
  const stop = new AbortController()
  const reply = await net.request({ method: 'GET', url: `${server}${configMaps}?watch=true`, signal: stop.signal })
  assert.equal(reply.headers['content-type'], 'application/json')
  const iterator = reply.body[Symbol.asyncIterator]()
  const first = await iterator.next()
  assert.match(Buffer.from(first.value as Uint8Array).toString(), /^\{"type":"ADDED"/)
  assert.equal(await watchers(), 1)
  stop.abort()
  await iterator.next().catch(() => undefined)
  while ((await watchers()) !== 0) await new Promise((resolve) => setImmediate(resolve))
})

async function watchers(): Promise<number> {
  const text = (await bytesOf(await send('GET', '/metrics'))).toString()
  return Number(
    /apiserver_longrunning_requests\{verb="WATCH",group="",version="v1",resource="configmaps"[^}]*\} (\d+)/.exec(
      text,
    )?.[1],
  )
}

test('the front answers HEAD without a body and does not upgrade what is no stream', async () => {
  const head = await send('HEAD', '/version')
  assert.deepEqual([head.status, (await bytesOf(head)).length], [200, 0])
  const socket = connect(listening.port, '127.0.0.1')
  socket.write('GET /version HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*"gitVersion"/)
})

test('the front holds no more bodies at once than it may, and serves on when they are done', async () => {
  const bodies = new BodyReader(1_000_000)
  const handled: (() => void)[] = []
  const answers = async (): Promise<ApiResponse> => {
    await new Promise<void>((resolve) => handled.push(resolve))
    return { status: 200, headers: {}, body: new Uint8Array() }
  }
  const handler = { handle: answers, upgrade: async () => undefined }
  const small = await net.serveHttp({ host: '127.0.0.1', port: 0 }, httpHandlers(handler, silent, bodies))
  const post = () => net.request({ method: 'POST', url: `http://127.0.0.1:${small.port}/`, body: 'x'.repeat(600_000) })
  const first = post()
  while (handled.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const second = await post()
  assert.deepEqual([second.status, second.headers['retry-after']], [429, '1'])
  await bytesOf(second)
  handled.shift()?.()
  await bytesOf(await first)
  const third = post()
  while (handled.length === 0) await new Promise((resolve) => setImmediate(resolve))
  handled.shift()?.()
  assert.equal((await third).status, 200)
  await bytesOf(await third)
  await small.close(0)
})
