/** Upgrades over real TLS: who may have one, and that a connection whose upgrade was refused is not used for anything else. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { issueAuthority, issueCertificate } from '../../src/api/x509/certificate.ts'
import type { AuthorizationAttributes } from '../../src/apiserver/authorize.ts'
import { nodeProxy } from '../../src/apiserver/node-proxy/proxy.ts'
import { startTestApiServer, type TestApiServer } from '../../src/apiserver/testbed/server.ts'
import type { HttpHandlers, Listening } from '../../src/platform/net.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { holds } from '../attacks/opened.ts'

const { net, random, clock } = realPlatform()
const rights: Record<string, readonly string[]> = { reader: ['get'], runner: ['get', 'create'], creator: ['create'] }
const streams = ['exec', 'attach', 'portforward']
let api: TestApiServer
let listening: Listening
/** The hole: it refuses an upgrade, keeps the connection, and answers what follows (CVE-2018-1002105). */
let careless: Listening
const asked: AuthorizationAttributes[] = []

before(async () => {
  const validity = { notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 }
  const subjectOf = (commonName: string) => ({ commonName, organizations: [] })
  const authority = issueAuthority({ subject: subjectOf('authority'), ...validity, serial: random.bytes(16) })
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['serverAuth' as const] }
  const identity = issueCertificate(authority, {
    ...{ subject: subjectOf('server'), ...names, ...validity },
    serial: random.bytes(16),
  })
  api = await startTestApiServer({
    nodeProxy: nodeProxy({ net, random, kubeletTls: { caPem: authority.certificatePem, identity } }),
    security: {
      authenticator: {
        async authenticate({ headers }) {
          const name = (headers.authorization ?? '').replace('Bearer ', '')
          return name === '' ? undefined : { name, groups: [], extra: {} }
        },
      },
      authorizer: {
        async authorize(attributes) {
          asked.push(attributes)
          const { user, verb } = attributes
          return {
            allowed: user.groups.includes('system:masters') || (rights[user.name] ?? []).includes(verb),
            reason: '',
          }
        },
      },
    },
  })
  listening = await api.server.serve(net, { host: '127.0.0.1', port: 0, identity })
  careless = await net.serveHttps({ host: '127.0.0.1', port: 0, identity }, refusesAndReadsOn)
})
after(async () => {
  await Promise.all([listening.close(0), careless.close(0)])
  await api.stop()
})

const refusesAndReadsOn: HttpHandlers = {
  request: (_request, response) => response.end(),
  upgrade(_request, socket, head) {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
    const answer = (bytes: Uint8Array) => {
      if (/^DELETE /.test(Buffer.from(bytes).toString())) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    }
    answer(head)
    socket.on('data', answer)
  },
}

/** Everything that comes back until the server ends the connection. */
async function sent(text: string, port = listening.port): Promise<string> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  })
  await once(socket, 'secureConnect')
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  socket.write(text)
  await once(socket, 'end')
  socket.destroy()
  return answer
}

function upgrade(stream: string, user: string, protocol: string): string {
  const credentials = user === '' ? [] : [`Authorization: Bearer ${user}`]
  const method = protocol === 'websocket' ? 'GET' : 'POST'
  const webSocket = [
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  ]
  const lines = [
    `${method} /api/v1/namespaces/default/pods/p/${stream}?command=id&stdout=1 HTTP/1.1`,
    ...['Host: localhost', 'Connection: Upgrade', `Upgrade: ${protocol}`, ...credentials],
    ...(protocol === 'websocket' ? webSocket : ['X-Stream-Protocol-Version: v4.channel.k8s.io']),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

test('streams into pods need the right to create, over WebSocket too', async () => {
  for (const stream of streams) {
    for (const [user, protocol, isOpen] of [
      ['reader', 'websocket', false],
      ['creator', 'websocket', false],
      ['runner', 'websocket', true],
      ['reader', 'SPDY/3.1', false],
      ['creator', 'SPDY/3.1', true],
    ] as const) {
      const answer = await sent(upgrade(stream, user, protocol))
      // There is no such pod: who is let through is told so.
      assert.match(answer, isOpen ? /^HTTP\/1.1 404 / : /^HTTP\/1.1 403 /, `${user} ${protocol} ${stream}`)
    }
  }
})

const second =
  'DELETE /api/v1/namespaces/default/pods/p HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer runner\r\n\r\n'

test('a second request on a connection whose upgrade was refused is not answered', async () => {
  const succeeds = async (port: number) => {
    const answer = await sent(upgrade('exec', 'reader', 'SPDY/3.1') + second, port)
    return (answer.match(/HTTP\/1\.1 /g) ?? []).length > 1
  }
  await holds(succeeds, { closed: listening.port, opened: careless.port })
})

test('a connection whose upgrade was refused ends: what follows on it is no request', async () => {
  for (const [user, status] of [
    ['', 401],
    ['reader', 403],
    ['runner', 404],
  ] as const) {
    for (const protocol of ['websocket', 'SPDY/3.1']) {
      asked.length = 0
      const answer = await sent(upgrade('exec', user, protocol) + second)
      assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, answer)
      assert.match(
        answer,
        protocol === 'websocket' || user === '' ? new RegExp(`^HTTP/1.1 ${status} `) : /^HTTP\/1.1 40[34] /,
      )
      assert.match(answer, /connection: close/)
      assert.ok(!asked.some(({ verb }) => verb === 'delete'))
    }
  }
})
