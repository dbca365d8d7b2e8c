import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardedLookup } from './address-guard.ts'
import { httpClient } from './http-client.ts'
import { nodeHttp } from './node-http.ts'

const notLoopback = (address: string) => address !== '127.0.0.1' && address !== '::1'

/** Answers as a hostile name server: another address each time. */
function rebinding(answers: string[][]) {
  let asked = 0
  const resolve = (_name: string, _options: object, done: (error: null, found: object[]) => void) => {
    const found = answers[Math.min(asked++, answers.length - 1)] ?? []
    done(
      null,
      found.map((address) => ({ address, family: 4 })),
    )
  }
  return { resolve: resolve as never, asked: () => asked }
}

function ask(lookup: ReturnType<typeof guardedLookup>, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lookup?.('evil.example', { all }, (error, address) => (error ? reject(error) : resolve(address)))
  })
}

test('guardedLookup resolves once: what was looked at is what the connection gets', async () => {
  const name = rebinding([['192.0.2.1'], ['127.0.0.1']])
  const lookup = guardedLookup('http://evil.example/', notLoopback, name.resolve)
  assert.equal(await ask(lookup, false), '192.0.2.1')
  assert.equal(name.asked(), 1)
  await assert.rejects(ask(lookup, false), { name: 'AddressRefusedError', message: 'address not allowed' })
})

test('guardedLookup refuses a name with one bad address among good ones', async () => {
  const name = rebinding([['192.0.2.1', '127.0.0.1']])
  await assert.rejects(ask(guardedLookup('http://evil.example/', notLoopback, name.resolve), true), /not allowed/)
})

test('httpClient does not connect to a refused address, by number or by name, not even on a pooled connection', async () => {
  let requests = 0
  const server = nodeHttp.createServer((_request, response) => {
    requests++
    response.end('secret')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    const client = httpClient()
    const send = (host: string, allowAddress?: (address: string) => boolean) =>
      client.request({ method: 'GET', url: `http://${host}:${port}/`, ...(allowAddress ? { allowAddress } : {}) })
    const { body } = await send('localhost')
    for await (const _ of body);
    for (const host of ['127.0.0.1', 'localhost', '127.1', '0x7f000001'])
      await assert.rejects(send(host, notLoopback), /address not allowed/, host)
    assert.equal(requests, 1)
    const { status } = await send('localhost', () => true)
    assert.equal(status, 200)
    await assert.rejects(
      client.upgrade({ method: 'GET', url: `http://localhost:${port}/`, allowAddress: notLoopback }),
      /address not allowed/,
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
