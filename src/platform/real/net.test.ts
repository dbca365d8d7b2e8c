import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import * as http2 from 'node:http2'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { after, before, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { limits } from '../../limits.ts'
import type { HttpHandlers, HttpReply, Listening, TlsIdentity, TlsLimits } from '../net.ts'
import { realNet } from './net.ts'

const net = realNet()
let directory: string
let identity: TlsIdentity
let client: TlsIdentity

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'k8ts-net-'))
  identity = selfSigned('server', ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:api.test'])
  client = selfSigned('alice', [])
})
after(() => rmSync(directory, { recursive: true }))

function selfSigned(name: string, extra: string[]): TlsIdentity {
  const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const args = ['req', '-x509', ...curve, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert, ...extra]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return { certificatePem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8') }
}

const echoPeer: HttpHandlers = {
  request(request, response) {
    const socket = request.socket as TLSSocket
    const body = JSON.stringify({
      version: request.httpVersion,
      authorized: socket.authorized,
      peer: socket.getPeerCertificate().subject?.CN ?? null,
    })
    const http1 = response as ServerResponse
    http1.writeHead(200, { 'content-type': 'application/json' })
    http1.end(body)
  },
  upgrade(request, socket, head) {
    if (request.url === '/refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
      return
    }
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.write(head)
    socket.pipe(socket)
  },
}

async function textOf(reply: HttpReply): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function withServer(handlers: HttpHandlers, body: (listening: Listening, url: string) => Promise<void>) {
  const options = { host: '127.0.0.1', port: 0, identity, clientCaPem: client.certificatePem }
  const listening = await net.serveHttps(options, handlers)
  try {
    await body(listening, `https://127.0.0.1:${listening.port}`)
  } finally {
    await listening.close(0)
  }
}

test('serveHttps tells handlers who the client is when it shows a certificate, and lets others in', async () => {
  await withServer(echoPeer, async (_listening, url) => {
    const tls = { caPem: identity.certificatePem }
    const known = await net.request({ method: 'GET', url, tls: { ...tls, identity: client } })
    assert.deepEqual(JSON.parse(await textOf(known)), { version: '1.1', authorized: true, peer: 'alice' })
    const anonymous = await net.request({ method: 'GET', url, tls })
    assert.deepEqual(JSON.parse(await textOf(anonymous)), { version: '1.1', authorized: false, peer: null })
  })
})

test('serveHttps speaks the versions and suites of TLS that it is told to', async () => {
  const suite = 'ECDHE-ECDSA-AES256-GCM-SHA384'
  const options = { host: '127.0.0.1', port: 0, identity }
  const spoken = async (limits: TlsLimits, maxVersion: 'TLSv1.2' | 'TLSv1.3', ciphers?: string) => {
    const listening = await net.serveHttps({ ...options, tls: limits }, echoPeer)
    try {
      return await handshake({ port: listening.port, maxVersion, ...(ciphers ? { ciphers } : {}) })
    } finally {
      await listening.close(0)
    }
  }
  const newest = { minVersion: 'TLSv1.3' } as const
  assert.equal((await spoken(newest, 'TLSv1.3')).version, 'TLSv1.3')
  await assert.rejects(spoken(newest, 'TLSv1.2'))
  const one = { ciphers: `TLS_AES_128_GCM_SHA256:${suite}` }
  const { version, cipher } = await spoken(one, 'TLSv1.2')
  assert.deepEqual([version, cipher], ['TLSv1.2', suite])
  await assert.rejects(spoken(one, 'TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'))
  assert.equal((await spoken(one, 'TLSv1.3')).version, 'TLSv1.3')
})

test('serveHttps tells of clients that speak no TLS', async () => {
  const failed = Promise.withResolvers<void>()
  const options = { host: '127.0.0.1', port: 0, identity, handshakeFailed: () => failed.resolve() }
  const listening = await net.serveHttps(options, echoPeer)
  try {
    const plain = await net.connectTcp({ host: '127.0.0.1', port: listening.port, timeoutMs: 5_000 })
    plain.on('error', () => undefined)
    plain.end('GET / HTTP/1.1\r\n\r\n')
    await failed.promise
  } finally {
    await listening.close(0)
  }
})

test('serveHttps shows the certificate of the name by which a client comes, exact names first', async () => {
  const [exact, wild, first] = ['exact', 'wild', 'first'].map((name) => selfSigned(name, [])) as [
    TlsIdentity,
    TlsIdentity,
    TlsIdentity,
  ]
  const named = [
    { identity: wild, names: ['*.api.test'] },
    { identity: first, names: ['b.test'] },
    { identity: exact, names: ['a.api.test', 'b.test'] },
  ]
  const listening = await net.serveHttps({ host: '127.0.0.1', port: 0, identity, named }, echoPeer)
  const shown = async (servername: string) => (await handshake({ port: listening.port, servername })).subject
  try {
    const names = ['x.api.test', 'a.api.test', 'b.test', 'y.x.api.test', 'other.test']
    assert.deepEqual(await Promise.all(names.map(shown)), ['wild', 'exact', 'first', 'server', 'server'])
  } finally {
    await listening.close(0)
  }
})

function handshake(options: ConnectionOptions): Promise<{ version: string | null; cipher: string; subject: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      const subject = String(socket.getPeerCertificate().subject?.CN ?? '')
      resolve({ version: socket.getProtocol(), cipher: socket.getCipher().name, subject })
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

test('serveHttps speaks HTTP/2 when the client offers it', async () => {
  await withServer(echoPeer, async (_listening, url) => {
    const options = { ca: identity.certificatePem, cert: client.certificatePem, key: client.keyPem }
    const session = http2.connect(url, options)
    const stream = session.request({ ':path': '/' })
    let body = ''
    for await (const chunk of stream) body += chunk
    session.close()
    assert.deepEqual(JSON.parse(body), { version: '2.0', authorized: true, peer: 'alice' })
  })
})

test('setIdentity presents the new certificate to new connections', async () => {
  await withServer(echoPeer, async (listening, url) => {
    const renewed = selfSigned('renewed', ['-addext', 'subjectAltName=IP:127.0.0.1'])
    listening.setIdentity(renewed)
    const reply = await net.request({ method: 'GET', url, tls: { caPem: renewed.certificatePem } })
    assert.equal(reply.status, 200)
    await textOf(reply)
  })
})

test('request refuses an unknown server, unless told to skip verification', async () => {
  await withServer(echoPeer, async (_listening, url) => {
    await assert.rejects(net.request({ method: 'GET', url }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    const wrongName = { caPem: identity.certificatePem, serverName: 'other.test' }
    await assert.rejects(net.request({ method: 'GET', url, tls: wrongName }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    for (const tls of [{ insecureSkipVerify: true }, { caPem: identity.certificatePem, serverName: 'api.test' }]) {
      const reply = await net.request({ method: 'GET', url, tls })
      assert.equal(reply.status, 200)
      await textOf(reply)
    }
  })
})

test('request reuses its connection and does not follow redirects', async () => {
  const ports = new Set<number | undefined>()
  const redirecting: HttpHandlers = {
    ...echoPeer,
    request(request, response) {
      ports.add(request.socket.remotePort)
      const http1 = response as ServerResponse
      http1.writeHead(302, { location: '/elsewhere' })
      http1.end()
    },
  }
  await withServer(redirecting, async (_listening, url) => {
    for (let round = 0; round < 3; round++) {
      const reply = await net.request({ method: 'GET', url, tls: { caPem: identity.certificatePem } })
      assert.equal(reply.status, 302)
      await textOf(reply)
    }
    assert.equal(ports.size, 1)
  })
})

test('shared requests wait for one of a few connections', async () => {
  const ports = new Set<number | undefined>()
  const counting: HttpHandlers = {
    ...echoPeer,
    request(request, response) {
      ports.add(request.socket.remotePort)
      setImmediate(() => (response as ServerResponse).end('done'))
    },
  }
  await withServer(counting, async (_listening, url) => {
    const tls = { caPem: identity.certificatePem }
    const one = async () => textOf(await net.request({ method: 'GET', url, tls, connection: 'shared' }))
    const texts = await Promise.all(Array.from({ length: 3 * limits.sharedConnectionsMax }, one))
    assert.ok(texts.every((text) => text === 'done'))
    assert.ok(ports.size <= limits.sharedConnectionsMax, `${ports.size} connections`)
  })
})

test('request delivers a body with any method', async () => {
  const echo: HttpHandlers = {
    ...echoPeer,
    request: (request, response) => void request.pipe(response as ServerResponse),
  }
  await withServer(echo, async (_listening, url) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const reply = await net.request({
        method,
        url,
        tls: { caPem: identity.certificatePem },
        body: `{"of":"${method}"}`,
      })
      assert.equal(await textOf(reply), `{"of":"${method}"}`)
    }
  })
})

test('request fails with ETIMEDOUT when no headers come, and with the reason when aborted', async () => {
  await withServer({ ...echoPeer, request() {} }, async (_listening, url) => {
    const tls = { caPem: identity.certificatePem }
    await assert.rejects(net.request({ method: 'GET', url, tls, timeoutMs: 20 }), { code: 'ETIMEDOUT' })
    const abort = new AbortController()
    const pending = net.request({ method: 'GET', url, tls, signal: abort.signal })
    abort.abort(new Error('left'))
    await assert.rejects(pending, { message: 'left' })
  })
})

test('request ends a streaming body with the reason when aborted', async () => {
  const streaming: HttpHandlers = {
    ...echoPeer,
    request: (_request, response) => void (response as ServerResponse).write('first'),
  }
  await withServer(streaming, async (_listening, url) => {
    const abort = new AbortController()
    const tls = { caPem: identity.certificatePem }
    const reply = await net.request({ method: 'GET', url, tls, signal: abort.signal })
    await assert.rejects(
      async () => {
        for await (const _chunk of reply.body) abort.abort(new Error('left'))
      },
      { message: 'left' },
    )
  })
})

test('upgrade hands over the socket on 101 and the body on a refusal', async () => {
  await withServer(echoPeer, async (_listening, url) => {
    const options = { method: 'GET', tls: { caPem: identity.certificatePem }, headers: { upgrade: 'echo' } }
    const refused = await net.upgrade({ ...options, url: `${url}/refused` })
    assert.deepEqual([refused.status, Buffer.from(refused.body).toString(), refused.socket], [403, 'no', undefined])
    const { status, socket } = await net.upgrade({ ...options, url })
    assert.equal(status, 101)
    assert.ok(socket)
    socket.write('hello')
    const [echoed] = await Promise.all([new Promise((resolve) => socket.once('data', resolve))])
    assert.equal(String(echoed), 'hello')
    socket.destroy()
  })
})

test('upgrade gives a socket that may break before anybody listens', async () => {
  const peers: Duplex[] = []
  const server = await net.serveTcp({ host: '127.0.0.1', port: 0 }, (peer) => {
    peers.push(peer)
    peer.once('data', () => peer.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n'))
  })
  const url = `http://127.0.0.1:${server.port}/`
  const { socket } = await net.upgrade({ method: 'GET', url, headers: { upgrade: 'echo' } })
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  socket?.once('close', () => resolve())
  for (const peer of peers as Socket[]) peer.resetAndDestroy()
  await closed
  assert.equal(socket?.destroyed, true)
  await server.close()
})

test('close ends connections that are still busy when the grace has passed', async () => {
  let listening: Listening | undefined
  await withServer(
    { ...echoPeer, request: (_request, response) => void (response as ServerResponse).write('x') },
    async (server, url) => {
      listening = server
      const reply = await net.request({ method: 'GET', url, tls: { caPem: identity.certificatePem } })
      await server.close(1)
      await assert.rejects(textOf(reply), { code: 'ECONNRESET' })
      await assert.rejects(net.request({ method: 'GET', url }), { code: 'ECONNREFUSED' })
    },
  )
  assert.ok(listening)
})

test('serveTcp and connectTcp carry bytes both ways with half-close', async () => {
  const server = await net.serveTcp({ host: '127.0.0.1', port: 0 }, (socket) => socket.pipe(socket))
  const socket = await net.connectTcp({ host: '127.0.0.1', port: server.port, timeoutMs: 1000 })
  socket.end('ping')
  let received = ''
  for await (const chunk of socket) received += chunk
  assert.equal(received, 'ping')
  await server.close()
  const refused = net.connectTcp({ host: '127.0.0.1', port: server.port, timeoutMs: 1000 })
  await assert.rejects(refused, { code: 'ECONNREFUSED' })
})

test('bindUdp delivers datagrams with their sender', async () => {
  const received = Promise.withResolvers<[string, number]>()
  const a = await net.bindUdp({ host: '127.0.0.1', port: 0 }, (bytes, from) => {
    received.resolve([Buffer.from(bytes).toString(), from.port])
  })
  const b = await net.bindUdp({ host: '127.0.0.1', port: 0 }, () => {})
  b.send(Buffer.from('hi'), { host: '127.0.0.1', port: a.port })
  assert.deepEqual(await received.promise, ['hi', b.port])
  await a.close()
  await b.close()
})
