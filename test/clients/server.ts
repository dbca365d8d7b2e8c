/**
 * The API server over HTTPS for clients that are real programs: in memory, everybody an administrator, with a store that
 * tests can compact and a way in whose connections they can cut.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { issueAuthority, issueCertificate } from '../../src/api/x509/certificate.ts'
import { allowAll } from '../../src/apiserver/authorize.ts'
import { httpHandlers } from '../../src/apiserver/http/front.ts'
import { adminUser, startTestApiServer, type TestApiServer } from '../../src/apiserver/testbed/server.ts'
import { kubeconfigText } from '../../src/client/kubeconfig.ts'
import { silent } from '../../src/platform/log.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'

export interface RunningServer extends AsyncDisposable {
  api: TestApiServer
  kubeconfig: string
  /** Ends all connections of clients, as a failing network does. */
  cut(): void
}

export async function startServer(): Promise<RunningServer> {
  const { net, clock, random } = realPlatform()
  const period = { notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 }
  const name = (commonName: string) => ({ commonName, organizations: [] })
  const ca = issueAuthority({ subject: name('ca'), ...period, serial: random.bytes(16) })
  const issue = (subject: string, usage: 'serverAuth' | 'clientAuth') =>
    issueCertificate(ca, {
      ...{ subject: name(subject), ...period, usages: [usage], serial: random.bytes(16) },
      ipAddresses: ['127.0.0.1'],
    })
  const security = { authenticator: { authenticate: async () => adminUser }, authorizer: allowAll }
  const api = await startTestApiServer({ security, clock })
  const options = { host: '127.0.0.1', port: 0, identity: issue('server', 'serverAuth') }
  const listening = await net.serveHttps(options, httpHandlers(api.server, silent))
  const way = await openWay(listening.port)
  const access = { caPem: ca.certificatePem, user: 'admin', identity: issue('admin', 'clientAuth') }
  return {
    api,
    kubeconfig: kubeconfigText({ server: `https://127.0.0.1:${way.port}`, ...access }),
    cut: () => way.cut(),
    async [Symbol.asyncDispose]() {
      way.close()
      await listening.close(0)
      await api.stop()
    },
  }
}

async function openWay(to: number): Promise<{ port: number; cut(): void; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const onward = connect(to, '127.0.0.1')
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        client.destroy()
        onward.destroy()
      })
    }
    client.pipe(onward).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      server.close()
      cut()
    },
  }
}
