/**
 * The API server as a test fixture: in memory, in process, everybody is an administrator unless the test says otherwise.
 * Controllers, scheduler and node agent test against this, never against a fake client.
 */
import type { Transport } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'
import { type Logger, silent } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/store.ts'
import { allowAll } from '../authorize.ts'
import { tables } from '../negotiation/tables.ts'
import type { ApiServerParts } from '../parts.ts'
import { conversions, strategies } from '../registry/strategies.ts'
import type { UserInfo } from '../request.ts'
import { type ApiServer, createApiServer } from '../server.ts'

export interface TestApiServerOptions extends Partial<ApiServerParts> {
  /** Namespaces to create besides the system's own. */
  namespaces?: readonly string[]
}

export interface TestApiServer {
  server: ApiServer
  store: Store
  clock: Clock
  random: Random
  log: Logger
  /** Of an administrator. Build a client on it: `createClient({ transport })`. */
  transport: Transport
  transportFor(user: UserInfo): Transport
  stop(): Promise<void>
}

export const adminUser: UserInfo = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
}

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** Ready when it resolves; holds the system namespaces. Time stands still unless `clock` is given and moved. */
export async function startTestApiServer(options: TestApiServerOptions = {}): Promise<TestApiServer> {
  const clock = options.clock ?? simulatedClock()
  const random = options.random ?? simulatedRandom('api-server')
  const log = options.log ?? silent
  const store = options.store ?? memoryStore({ clock })
  const server = await createApiServer({
    security: { authenticator: { authenticate: async () => undefined }, authorizer: allowAll },
    strategies: strategies(),
    conversions: conversions(),
    tables,
    ...options,
    store,
    clock,
    random,
    log,
  })
  const transport = server.transportFor(adminUser)
  for (const name of [...systemNamespaces, ...(options.namespaces ?? [])]) await createNamespace(transport, name)
  return {
    server,
    store,
    clock,
    random,
    log,
    transport,
    transportFor: (user) => server.transportFor(user),
    async stop() {
      await server.stop()
      if (!options.store) await store.close()
    },
  }
}

async function createNamespace(transport: Transport, name: string): Promise<void> {
  const body = new TextEncoder().encode(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  const headers = { 'content-type': 'application/json' }
  const { status } = await transport.send({ method: 'POST', path: '/api/v1/namespaces', headers, body })
  if (status !== 201 && status !== 409) throw new Error(`create namespace "${name}": the server answered ${status}`)
}
