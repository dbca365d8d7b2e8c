/** Clients that are slow, greedy or dishonest below the level of requests. The server's patience is short here. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as http2Connect } from 'node:http2'
import { type Socket, connect as tcpConnect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { issueAuthority, issueCertificate } from '../../src/api/x509/certificate.ts'
import { allowAll } from '../../src/apiserver/authorize.ts'
import { httpHandlers } from '../../src/apiserver/http/front.ts'
import { adminUser, startTestApiServer, type TestApiServer } from '../../src/apiserver/testbed/server.ts'
import { silent } from '../../src/platform/log.ts'
import type { HttpHandlers, Listening } from '../../src/platform/net.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { holds } from '../attacks/opened.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const patience = { handshakeMs: 4_000, headersMs: 2_000, requestMs: 2_000, stallMs: 1_000 }
/** Far above the patience, far below the limits that hold elsewhere. */
const timeout = 30_000

let api: TestApiServer
let listening: Listening
let ca: string
let serverKeys: { cert: string; key: string }
/** Requests that are being answered. */
let answering = 0

before(async () => {
  const { net, clock, random } = realPlatform()
  const period = { notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 }
  const subject = { commonName: 'test', organizations: [] }
  const authority = issueAuthority({
    subject: { commonName: 'test-ca', organizations: [] },
    ...period,
    serial: random.bytes(16),
  })
  const names = { dnsNames: [], ipAddresses: ['127.0.0.1'] }
  const identity = issueCertificate(authority, {
    subject,
    ...period,
    usages: ['serverAuth'],
    serial: random.bytes(16),
    ...names,
  })
  ca = authority.certificatePem
  serverKeys = { cert: identity.certificatePem, key: identity.keyPem }
  api = await startTestApiServer({
    security: { authenticator: { authenticate: async () => adminUser }, authorizer: allowAll },
  })
  const handlers = httpHandlers(api.server, silent)
  const counted: HttpHandlers = {
    upgrade: handlers.upgrade,
    request(request, response) {
      answering += 1
      response.once('close', () => {
        answering -= 1
      })
      handlers.request(request, response)
    },
  }
  listening = await net.serveHttps({ host: '127.0.0.1', port: 0, identity, patience }, counted)
})
after(async () => {
  await listening.close(0)
  await api.stop()
})

const raw = (): Socket => tcpConnect(listening.port, '127.0.0.1')

function secure(): Promise<TLSSocket> {
  const socket = tlsConnect({ host: '127.0.0.1', port: listening.port, ca, ALPNProtocols: ['http/1.1'] })
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** What came until the server closed. */
function closed(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  return new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks).toString())))
}

/** Sends one byte at a time for as long as the server takes them. */
async function drip(socket: Socket, byte: string): Promise<void> {
  while (!socket.destroyed && socket.writable) {
    socket.write(byte)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function alive(): Promise<void> {
  const socket = await secure()
  socket.write('GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  assert.match(await closed(socket), /\r\n\r\nok$/)
}

const http2 = () => http2Connect(`https://127.0.0.1:${listening.port}`, { ca }).on('error', () => {})

describe('slow clients', { timeout }, () => {
  test('who never says hello is let go', async () => {
    assert.equal(await closed(raw()), '')
    await alive()
  })
  test('who sends headers byte by byte is told to hurry', async () => {
    const socket = await secure()
    const answer = closed(socket)
    socket.write('GET /livez HTTP/1.1\r\nhost: x\r\nx: ')
    await Promise.all([drip(socket, 'a'), answer])
    assert.match(await answer, /^HTTP\/1.1 408 /)
    await alive()
  })
  test('who sends a body byte by byte is told to hurry', async () => {
    const socket = await secure()
    const answer = closed(socket)
    socket.write(`POST ${configMaps} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{`)
    await Promise.all([drip(socket, ' '), answer])
    assert.match(await answer, /^HTTP\/1.1 408 /)
    await alive()
  })
  test('who sends a body byte by byte over HTTP/2 has the stream reset', async () => {
    const session = http2()
    const stream = session
      .request({ ':method': 'POST', ':path': configMaps }, { endStream: false })
      .on('error', () => {})
    const gone = new Promise((resolve) => stream.once('close', () => resolve(stream.rstCode)))
    const dripping = setInterval(() => stream.write(' '), 20)
    assert.equal(await gone, 8)
    clearInterval(dripping)
    session.destroy()
    await alive()
  })
  test('who breaks off in the middle of a body leaves nothing behind', async () => {
    const socket = await secure()
    socket.write(`POST ${configMaps} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"metadata"`)
    socket.destroy()
    await alive()
  })

  describe('who do not read their answers', () => {
    before(async () => {
      const body = JSON.stringify({ metadata: { generateName: 'big-' }, data: { a: 'x'.repeat(1_000_000) } })
      for (let count = 0; count < 20; count++) {
        const request = { method: 'POST' as const, path: configMaps, headers: {}, body: Buffer.from(body) }
        assert.equal((await api.transport.send(request)).status, 201)
      }
    })
    test('lose their connection', async () => {
      const socket = await secure()
      socket.pause()
      socket.on('error', () => {})
      socket.write(`GET ${configMaps} HTTP/1.1\r\nhost: x\r\n\r\n`)
      await until(() => answering === 1)
      await until(() => answering === 0)
      socket.destroy()
      await alive()
    })
    test('lose their stream over HTTP/2', async () => {
      const session = http2()
      const stream = session.request({ ':path': configMaps }).on('error', () => {})
      stream.pause()
      await until(() => answering === 1)
      await until(() => answering === 0)
      session.destroy()
      await alive()
    })
  })
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('requests within requests', { timeout }, () => {
  const inner = 'GET /version HTTP/1.1\r\nhost: x\r\n\r\n'
  const heads: Record<string, string> = {
    'a length and chunks': 'content-length: 4\r\ntransfer-encoding: chunked',
    'two lengths': 'content-length: 0\r\ncontent-length: 40',
    'a length that is a list': 'content-length: 0, 40',
    'a length with a sign': 'content-length: +40',
    'chunks that are not the last encoding': 'transfer-encoding: chunked, identity',
    'an encoding that only looks like chunks': 'transfer-encoding: xchunked',
    'a blank before the colon': 'transfer-encoding : chunked',
    'a header that is continued': 'transfer-encoding:\r\n chunked\r\ncontent-length: 40',
    'a bare line feed': 'x: y\ntransfer-encoding: chunked\r\ncontent-length: 40',
    'a zero byte': 'x: \0\r\ncontent-length: 40',
  }
  for (const [name, head] of Object.entries(heads)) {
    test(`${name}: refused, and what follows is not answered`, async () => {
      const socket = await secure()
      const answer = closed(socket)
      socket.write(`POST ${configMaps} HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n0\r\n\r\n${inner}`)
      assert.match(await answer, /^HTTP\/1.1 400 /)
      assert.doesNotMatch(await answer, /gitVersion|200 OK/)
      await alive()
    })
  }
  test('a server that reads leniently answers the second request, and this test notices', async () => {
    const lenient = createServer({ insecureHTTPParser: true }, (request, response) => {
      request.resume()
      response.end(request.url === '/version' ? 'gitVersion' : '')
    })
    lenient.listen(0, '127.0.0.1')
    await once(lenient, 'listening')
    const { port } = lenient.address() as { port: number }
    const succeeds = async (open: () => Promise<Socket>) => {
      const socket = await open()
      const answer = closed(socket)
      const head = heads['a length and chunks']
      socket.write(`POST ${configMaps} HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n0\r\n\r\n${inner}`)
      socket.end()
      return /gitVersion/.test(await answer)
    }
    await holds(succeeds, { closed: secure, opened: async () => tcpConnect(port, '127.0.0.1') })
    lenient.close()
  })
  test('a chunk with an extension of a megabyte ends the connection', async () => {
    const socket = await secure()
    const answer = closed(socket)
    const head = `POST ${configMaps} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`
    socket.write(`${head}1;${'x'.repeat(1_000_000)}\r\n{\r\n0\r\n\r\n`)
    assert.match(await answer, /^HTTP\/1.1 413 /)
    await alive()
  })
})

describe('floods of HTTP/2 frames', { timeout }, () => {
  const type = { headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 }
  const endHeaders = 4
  // Indexed fields of HPACK's static table: GET, https, "/"; then a literal authority.
  const request = Buffer.from([0x82, 0x87, 0x84, 0x41, 0x01, 0x78])

  function frame(kind: number, flags: number, stream: number, payload: Uint8Array): Buffer {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head.writeUInt8(kind, 3)
    head.writeUInt8(flags, 4)
    head.writeUInt32BE(stream, 5)
    return Buffer.concat([head, payload])
  }

  const times = (count: number, make: (index: number) => Buffer): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, index) => make(index)))
  const nothing = Buffer.alloc(0)
  const floods: Record<string, () => Buffer> = {
    'pings whose answers are not read': () => times(200_000, () => frame(type.ping, 0, 0, Buffer.alloc(8))),
    'settings whose answers are not read': () => times(200_000, () => frame(type.settings, 0, 0, nothing)),
    'headers that never end': () =>
      Buffer.concat([
        frame(type.headers, 0, 1, request),
        times(50_000, () => frame(type.continuation, 0, 1, Buffer.from([0x00, 0x01, 0x61, 0x01, 0x62]))),
      ]),
    'requests that are reset at once': () =>
      times(5_000, (index) => {
        const stream = index * 2 + 1
        const cancel = Buffer.from([0, 0, 0, 8])
        return Buffer.concat([frame(type.headers, endHeaders, stream, request), frame(type.reset, 0, stream, cancel)])
      }),
    'headers that expand': () => {
      const entry = Buffer.concat([Buffer.from([0x40, 0x01, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 0x62)])
      const repeated = Buffer.alloc(16_000, 0xbe)
      return Buffer.concat([
        frame(type.headers, 0, 1, Buffer.concat([request, entry])),
        times(300, (index) => frame(type.continuation, index === 299 ? endHeaders : 0, 1, repeated)),
      ])
    },
  }
  /** Whoever floods reads nothing until all is written or the connection is broken. */
  async function flooding(port: number, bytes: Buffer): Promise<{ socket: TLSSocket; ended: Promise<boolean> }> {
    const socket = tlsConnect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['h2'] })
    const ended = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)))
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    socket.pause()
    socket.write(bytes)
    await alive()
    await until(() => socket.destroyed || socket.writableLength === 0 || socket.errored !== null)
    // Only who reads on learns that the connection has ended.
    socket.resume()
    return { socket, ended }
  }

  describe('a server that takes every flood keeps the connection, and this test notices', () => {
    let expected = 0
    let takenWhole = (): void => {}
    const patient = createTlsServer({ ALPNProtocols: ['h2'] }, (socket) => {
      let bytes = 0
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes === expected) takenWhole()
      })
    })
    before(async () => {
      patient.setSecureContext(serverKeys)
      patient.listen(0, '127.0.0.1')
      await once(patient, 'listening')
    })
    after(() => {
      patient.close()
    })

    for (const [name, flood] of Object.entries(floods)) {
      test(`${name}: the connection ends, others are served`, async () => {
        const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
        const bytes = Buffer.concat([preface, frame(type.settings, 0, 0, nothing), flood()])
        expected = bytes.length
        const taken = new Promise<boolean>((resolve) => {
          takenWhole = () => resolve(false)
        })
        const succeeds = async (port: number) => {
          const { socket, ended } = await flooding(port, bytes)
          const isOver = await Promise.race([ended, taken])
          socket.destroy()
          await alive()
          return !isOver
        }
        const { port } = patient.address() as { port: number }
        await holds(succeeds, { closed: listening.port, opened: port })
      })
    }
  })
})
