/** The API server as a process that crashes: all it held in memory is gone, requests under way break, the log remains. */
import { generateKeyPairSync } from 'node:crypto'
import { type SigningKey, signingKey } from '../../apiserver/authentication/jwt.ts'
import { bootstrap } from '../../apiserver/bootstrap/bootstrap.ts'
import { rulesOfDefaultRole } from '../../apiserver/bootstrap/default-rbac.ts'
import { tables } from '../../apiserver/negotiation/tables.ts'
import { conversions, strategies } from '../../apiserver/registry/strategies.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import { type ApiServer, createApiServer } from '../../apiserver/server.ts'
import { standardSecurity } from '../../apiserver/standard-security.ts'
import type { Transport } from '../../client/transport.ts'
import { TransportError } from '../../client/transport-error.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { type ForkableStore, memoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/store.ts'
import type { Ending } from './ending.ts'
import type { Log } from './log.ts'
import { LoggedStore } from './logged-store.ts'
import type { Trace } from './trace.ts'
import type { Truth } from './truth.ts'

export interface SimulatedServerParts {
  image: ForkableStore
  storage: Log
  truth: Truth
  clock: Clock
  random: Random
  log: Logger
  trace: Trace
}

/** What a client reaches while the server is up. */
export interface Reached {
  send: Transport['send']
  store: Store
}

export class SimulatedServer {
  readonly #parts: SimulatedServerParts
  #api: ApiServer | undefined
  #store: Store | undefined
  #logged: LoggedStore | undefined
  /** Exchanges that break when the server crashes. */
  readonly underWay = new Set<Ending>()
  #starts = 0

  constructor(parts: SimulatedServerParts) {
    this.#parts = parts
  }

  get isUp(): boolean {
    return this.#api !== undefined
  }

  /** Resolves when it answers. Reads the log first. */
  async start(): Promise<void> {
    const { image, storage, truth, clock, log, trace } = this.#parts
    const random = this.#parts.random.stream(`start ${this.#starts++}`)
    truth.recovering()
    const onCommit = (...commit: Parameters<Truth['commit']>): void => truth.commit(...commit)
    const logged = await LoggedStore.recover({ image, log: storage, clock, onCommit })
    truth.recovered()
    this.#logged = logged
    this.#store = acknowledging(logged, truth)
    this.#api = await createServer({ store: this.#store, clock, random, log })
    trace.note('api-server', `answers, at revision ${await logged.currentRevision()}`)
  }

  /** At once, without a word to anybody. */
  crash(): void {
    const api = this.#api
    if (!api) return
    this.#api = undefined
    const lost = this.#parts.storage.crash()
    this.#parts.trace.note('api-server', `crashes; ${lost} unsynced commits are lost`)
    for (const ending of this.underWay) ending.end(new TransportError('the connection was reset (simulated)'))
    this.underWay.clear()
    void this.#logged?.close()
    void api.stop()
  }

  /** In the end. */
  async stop(): Promise<void> {
    const api = this.#api
    this.#api = undefined
    await api?.stop()
    await this.#logged?.close()
  }

  /** Forgets history, so that watchers that were away have to list again. */
  async compact(): Promise<void> {
    const store = this.#store
    if (this.isUp && store) await store.compact(await store.currentRevision())
  }

  /** Throws a `TransportError` while the server is down. */
  reach(user: UserInfo): Reached {
    const [api, store] = [this.#api, this.#store]
    if (!api || !store) throw new TransportError('the connection was refused (simulated)')
    const transport = api.transportFor(user)
    return { send: (request) => transport.send(request), store }
  }
}

/** A cluster's store as it is when the server has started for the first time; the same in every process. */
export async function bootstrappedImage(startMs: number): Promise<ForkableStore> {
  const clock = simulatedClock({ startMs })
  const random = simulatedRandom('image')
  const log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log }
  const store = memoryStore({ clock })
  const server = await createServer({ store, clock, random, log })
  await bootstrap({ server, store, clock, random, log })
  await server.stop()
  return store
}

interface ServerParts {
  store: Store
  clock: Clock
  random: Random
  log: Logger
}

function createServer({ store, clock, random, log }: ServerParts): Promise<ApiServer> {
  return createApiServer({
    ...{ store, clock, random, log, strategies: strategies(), conversions: conversions(), tables },
    security: standardSecurity({
      clock,
      random,
      serviceAccounts: { keys: [serviceAccountKey()], issuer: 'https://simulated', audiences: ['https://simulated'] },
      nodeRules: rulesOfDefaultRole('system:node'),
    }),
  })
}

let madeKey: SigningKey | undefined

/** Tokens are not part of what is replayed. */
function serviceAccountKey(): SigningKey {
  const pem = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  madeKey ??= signingKey(String(pem()))
  return madeKey
}

/** Remembers what callers were told is durable. */
function acknowledging(store: Store, truth: Truth): Store {
  return {
    get: (key, revision) => store.get(key, revision),
    range: (query) => store.range(query),
    count: (prefix) => store.count(prefix),
    watch: (options) => store.watch(options),
    currentRevision: () => store.currentRevision(),
    compact: (revision) => store.compact(revision),
    health: () => store.health(),
    close: () => store.close(),
    async commit(writes) {
      const result = await store.commit(writes)
      if (result.ok) truth.acknowledged(result.revision)
      return result
    },
  }
}
