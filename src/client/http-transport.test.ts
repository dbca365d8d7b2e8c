import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { coreV1 } from '../api/resources.ts'
import type { HttpHandlers } from '../platform/net.ts'
import { realNet } from '../platform/real/net.ts'
import { createClient } from './client-impl.ts'
import { httpTransport } from './http-transport.ts'
import type { Transport } from './transport.ts'
import { TransportError } from './transport-error.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function withServer(answer: Answer, body: (transport: Transport) => Promise<void>): Promise<void> {
  const net = realNet()
  const handlers: HttpHandlers = {
    request: (request, response) => answer(request as IncomingMessage, response as ServerResponse),
    upgrade: (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
  }
  const server = await net.serveHttp({ host: '127.0.0.1', port: 0 }, handlers)
  const transport = httpTransport({ net, server: `http://127.0.0.1:${server.port}/`, token: () => 'secret' })
  try {
    await body(transport)
  } finally {
    await transport.close()
    await server.close(0)
  }
}

test('httpTransport sends method, path, headers, token and body, and returns a finite answer whole', async () => {
  const answer: Answer = async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, headers } = request
    response.end(JSON.stringify([method, url, headers.authorization, headers['content-type'], body]))
  }
  await withServer(answer, async (transport) => {
    const headers = { 'content-type': 'application/json' }
    const reply = await transport.send({ method: 'POST', path: '/a?b=c', headers, body: Buffer.from('{}') })
    assert.ok(reply.body instanceof Uint8Array)
    const seen: unknown = JSON.parse(Buffer.from(reply.body).toString())
    assert.deepEqual(seen, ['POST', '/a?b=c', 'Bearer secret', 'application/json', '{}'])
  })
})

test('httpTransport streams a watch, and ends it when aborted', async () => {
  const answer: Answer = (_request, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":')
  }
  await withServer(answer, async (transport) => {
    const abort = new AbortController()
    const seen: (string | undefined)[] = []
    for await (const event of createClient(transport).of(coreV1.pods).watch({ signal: abort.signal })) {
      seen.push(event.type)
      abort.abort()
    }
    assert.deepEqual(seen, ['ADDED'])
  })
})

test('httpTransport reports a broken stream and an absent server as TransportError', async () => {
  const answer: Answer = (_request, response) => {
    response.write('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5"}}}\n', () => response.destroy())
  }
  let closed: Transport | undefined
  await withServer(answer, async (transport) => {
    closed = transport
    const signal = new AbortController().signal
    const watching = async (): Promise<void> => {
      for await (const event of createClient(transport).of(coreV1.pods).watch({ signal }))
        assert.equal(event.type, 'BOOKMARK')
    }
    await assert.rejects(watching, TransportError)
    const refused = await transport.upgrade({ method: 'GET', path: '/exec', headers: { upgrade: 'websocket' } })
    assert.deepEqual([refused.status, Buffer.from(refused.body).toString()], [403, 'no'])
  })
  await assert.rejects(closed!.send({ method: 'GET', path: '/', headers: {} }), TransportError)
})
