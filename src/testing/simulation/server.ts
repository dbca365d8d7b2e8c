/** API servers as processes that crash: all that one held in memory is gone, requests under way break, the log remains. */
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
import type { Store, WatchBatch, WatchOptions } from '../../store/store.ts'
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

/** What a client reaches while a server is up. */
export interface Reached {
  send: Transport['send']
  store: Store
}

/** One API server: processes of their own on one store. */
interface Front {
  api: ApiServer | undefined
  /** Exchanges that break when it crashes. */
  underWay: Set<Ending>
}

const frontsMax = 2

/** The store's machine with an API server; in half of all runs another API server reaches the store over a network. */
export class SimulatedServer {
  readonly #parts: SimulatedServerParts
  readonly #fronts: readonly Front[]
  #store: Store | undefined
  #logged: LoggedStore | undefined
  #starts = 0

  constructor(parts: SimulatedServerParts) {
    this.#parts = parts
    const length = 1 + parts.random.int(frontsMax)
    this.#fronts = Array.from({ length }, () => ({ api: undefined, underWay: new Set() }))
  }

  get frontCount(): number {
    return this.#fronts.length
  }

  get isUp(): boolean {
    return this.#fronts.every(({ api }) => api !== undefined)
  }

  /** Resolves when all answer. Reads the log first. */
  async start(): Promise<void> {
    const { image, storage, truth, clock } = this.#parts
    truth.recovering()
    const onCommit = (...commit: Parameters<Truth['commit']>): void => truth.commit(...commit)
    const logged = await LoggedStore.recover({ image, log: storage, clock, onCommit })
    truth.recovered()
    this.#logged = logged
    this.#store = acknowledging(logged, truth)
    for (let index = 0; index < this.frontCount; index++) await this.startFront(index)
  }

  /** One API server, where the store is up. */
  async startFront(index: number): Promise<void> {
    const [front, store] = [this.#fronts[index], this.#store]
    if (!front || !store || front.api) return
    const { clock, log, trace } = this.#parts
    const random = this.#parts.random.stream(`start ${this.#starts++}`)
    const view = index === 0 ? store : toldLate(store, clock, random.stream('way to the store'))
    const api = await createServer({ store: view, clock, random, log })
    if (this.#store !== store) return void api.stop()
    front.api = api
    trace.note('api-server', `${index} answers, at revision ${await store.currentRevision()}`)
  }

  /** The store's machine: at once, without a word to anybody. */
  crash(): void {
    if (!this.#store) return
    this.#store = undefined
    const lost = this.#parts.storage.crash()
    this.#parts.trace.note('api-server', `crashes with its store; ${lost} unsynced commits are lost`)
    for (let index = 0; index < this.frontCount; index++) this.#end(index)
    void this.#logged?.close()
  }

  /** One API server; the others and the store go on. */
  crashFront(index: number): void {
    this.#parts.trace.note('api-server', `${index} crashes`)
    this.#end(index)
  }

  /** In the end. */
  async stop(): Promise<void> {
    this.#store = undefined
    for (const front of this.#fronts) {
      const { api } = front
      front.api = undefined
      await api?.stop()
    }
    await this.#logged?.close()
  }

  /** Forgets history, so that watchers that were away have to list again. */
  async compact(): Promise<void> {
    const store = this.#store
    if (store) await store.compact(await store.currentRevision())
  }

  /** The preferred server, or another one that is up; ends with it. Throws a `TransportError` while all are down. */
  reach(user: UserInfo, preferred: number, ending: Ending): Reached {
    const up = (front: Front | undefined) => (front?.api ? front : undefined)
    const front = up(this.#fronts[preferred]) ?? this.#fronts.find(up)
    const [api, store] = [front?.api, this.#store]
    if (!front || !api || !store) throw new TransportError('the connection was refused (simulated)')
    front.underWay.add(ending)
    const transport = api.transportFor(user)
    return { send: (request) => transport.send(request), store }
  }

  /** The exchange is over. */
  forget(ending: Ending): void {
    for (const { underWay } of this.#fronts) underWay.delete(ending)
  }

  #end(index: number): void {
    const front = this.#fronts[index]
    const { api, underWay } = front ?? {}
    if (!front || !api || !underWay) return
    front.api = undefined
    for (const ending of underWay) ending.end(new TransportError('the connection was reset (simulated)'))
    underWay.clear()
    void api.stop()
  }
}

const toldLateMsMax = 30

/** The store over a network: what happens in it is told a little late, in order. */
function toldLate(store: Store, clock: Clock, random: Random): Store {
  const late = async function* (options: WatchOptions): AsyncGenerator<WatchBatch> {
    for await (const batch of store.watch(options)) {
      await clock.sleep(random.int(toldLateMsMax), options.signal)
      yield batch
    }
  }
  return { ...storeMethods(store), watch: late }
}

function storeMethods(store: Store): Store {
  return {
    get: (key, revision) => store.get(key, revision),
    range: (query) => store.range(query),
    count: (prefix) => store.count(prefix),
    watch: (options) => store.watch(options),
    commit: (writes) => store.commit(writes),
    currentRevision: () => store.currentRevision(),
    compact: (revision) => store.compact(revision),
    sizeBytes: () => store.sizeBytes(),
    health: () => store.health(),
    close: () => store.close(),
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
    ...storeMethods(store),
    async commit(writes) {
      const result = await store.commit(writes)
      if (result.ok) truth.acknowledged(result.revision)
      return result
    },
  }
}
