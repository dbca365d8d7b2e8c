import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { after, before, test } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import { connectGrpc, type GrpcChannel, grpcCode } from './grpc.ts'

const raw = {
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
}
const directory = mkdtempSync(join(tmpdir(), 'k8ts-grpc-'))
const target = `unix://${join(directory, 'test.sock')}`
let server: grpc.Server
let channel: GrpcChannel

before(async () => {
  server = new grpc.Server()
  const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    ...raw,
  })
  const definition = {
    once: method('Once', false, false),
    never: method('Never', false, false),
    many: method('Many', false, true),
    both: method('Both', true, true),
  }
  server.addService(definition, {
    once: (call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: grpc.sendUnaryData<Buffer>) => {
      if (call.request.toString() === 'missing') reply({ code: grpc.status.NOT_FOUND, details: 'no such thing' })
      else reply(null, call.request)
    },
    never: () => {},
    many: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      for (let index = 0; index < 3; index++) call.write(Buffer.from(`${call.request}${index}`))
      if (call.request.toString() === 'open') return
      call.end()
    },
    both: (call: grpc.ServerDuplexStream<Buffer, Buffer>) =>
      call.on('data', (data) => call.write(data)).on('end', () => call.end()),
  })
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(target, grpc.ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()))
  })
  channel = connectGrpc({ target })
})

after(() => {
  channel.close()
  server.forceShutdown()
  rmSync(directory, { recursive: true })
})

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function collect(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = []
  for await (const message of stream) texts.push(new TextDecoder().decode(message))
  return texts
}

test('unary returns the reply, or a GrpcError with code and details', async () => {
  assert.deepEqual(new Uint8Array(await channel.unary('/test.Echo/Once', bytes('hi'))), bytes('hi'))
  const missing = channel.unary('/test.Echo/Once', bytes('missing'))
  await assert.rejects(missing, { name: 'GrpcError', code: grpcCode.notFound, details: 'no such thing' })
  await assert.rejects(channel.unary('/test.Echo/None', bytes('')), { code: grpcCode.unimplemented })
})

test('unary fails at its deadline, and with the reason when aborted', async () => {
  const late = channel.unary('/test.Echo/Never', bytes(''), { timeoutMs: 20 })
  await assert.rejects(late, { code: grpcCode.deadlineExceeded })
  const abort = new AbortController()
  const pending = channel.unary('/test.Echo/Never', bytes(''), { signal: abort.signal })
  abort.abort(new Error('left'))
  await assert.rejects(pending, { message: 'left' })
})

test('unary fails as unavailable when nobody listens', async () => {
  const nobody = connectGrpc({ target: `unix://${join(directory, 'none.sock')}` })
  await assert.rejects(nobody.unary('/test.Echo/Once', bytes('')), { code: grpcCode.unavailable })
  nobody.close()
})

test('serverStream yields messages and is cancelled by leaving it or by its signal', async () => {
  assert.deepEqual(await collect(channel.serverStream('/test.Echo/Many', bytes('n'))), ['n0', 'n1', 'n2'])
  for await (const message of channel.serverStream('/test.Echo/Many', bytes('open'))) {
    assert.equal(new TextDecoder().decode(message), 'open0')
    break
  }
  const abort = new AbortController()
  const streaming = async (): Promise<void> => {
    for await (const _message of channel.serverStream('/test.Echo/Many', bytes('open'), { signal: abort.signal })) {
      abort.abort(new Error('left'))
    }
  }
  await assert.rejects(streaming, { message: 'left' })
})

test('duplexStream carries messages both ways until the requests end', async () => {
  async function* requests(): AsyncGenerator<Uint8Array> {
    yield bytes('a')
    yield bytes('b')
  }
  assert.deepEqual(await collect(channel.duplexStream('/test.Echo/Both', requests())), ['a', 'b'])
})

test('calls under way fail as unavailable when the server goes, and the next call connects anew', async () => {
  const socket = join(directory, 'mortal.sock')
  const mortal = connectGrpc({ target: `unix://${socket}` })
  const sockets = new Set<Duplex>()
  const first = createServer()
  first.on('connection', (each) => sockets.add(each))
  await new Promise<void>((resolve) => first.listen(socket, resolve))
  const pending = mortal.unary('/test.Echo/Never', bytes(''))
  const failed = assert.rejects(pending, { code: grpcCode.unavailable })
  first.once('stream', () => {
    for (const each of sockets) each.destroy()
    first.close()
  })
  await failed
  const second = createServer()
  second.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '5', 'grpc-message': 'no%20such' })
    stream.end()
  })
  rmSync(socket, { force: true })
  await new Promise<void>((resolve) => second.listen(socket, resolve))
  const answer = mortal.unary('/test.Echo/Once', bytes(''))
  await assert.rejects(answer, { code: grpcCode.notFound, details: 'no such' })
  mortal.close()
  second.close()
})

test('close fails calls under way as cancelled', async () => {
  const brief = connectGrpc({ target })
  const pending = brief.unary('/test.Echo/Never', bytes(''))
  brief.close()
  await assert.rejects(pending, { code: grpcCode.cancelled })
})

test('a message larger than allowed fails as exhausted', async () => {
  const socket = join(directory, 'large.sock')
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ 'content-type': 'application/grpc' })
    stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const client = connectGrpc({ target: `unix://${socket}` })
  await assert.rejects(client.unary('/test.Echo/Once', bytes('')), { code: grpcCode.resourceExhausted })
  client.close()
  server.close()
})
