/** Histories of clients of an API server that is killed in between, and the checker itself on small ones that are wrong. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ApiError } from '../../src/api/errors.ts'
import { coreV1 } from '../../src/api/resources.ts'
import type { ConfigMap } from '../../src/api/types/core/v1.ts'
import type { ResourceClient } from '../../src/client/client.ts'
import type { Random } from '../../src/platform/random.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { etcdVersion, startEtcd } from '../../src/store/etcd/testbed/etcd-server.ts'
import { startServer } from '../storage/server-process.ts'
import { checkHistory, type Operation, type WatchedChange } from './history.ts'

const skip = etcdVersion === undefined ? 'etcd is not installed (script/prepare --tests)' : false
const at = (begunMs: number, endedMs: number | undefined) => ({ begunMs, endedMs })
const put = (value: string, revision: number, begunMs: number, endedMs: number): Operation => ({
  ...{ kind: 'put', key: 'a', value, revision },
  ...at(begunMs, endedMs),
})
const changes: WatchedChange[] = [
  { revision: 2, key: 'a', value: 'one' },
  { revision: 3, key: 'a', value: 'two' },
]
const writes = [put('one', 2, 0, 10), put('two', 3, 20, 30)]

for (const [what, wrong, watched = changes] of [
  ['an acknowledged write that is missing', [...writes, put('three', 4, 40, 50)]],
  ['a write told another revision', [writes[0]!, put('two', 4, 20, 30)]],
  ['writes in the wrong order', [put('one', 2, 20, 30), put('two', 3, 0, 10)]],
  ['a change that nobody made', [writes[0]!]],
  ['a stale read', [...writes, { kind: 'get', key: 'a', found: { revision: 2, value: 'one' }, ...at(40, 50) }]],
  [
    'a read from the future',
    [...writes, { kind: 'get', key: 'a', found: { revision: 3, value: 'two' }, ...at(12, 15) }],
  ],
  ['a read of nothing', [...writes, { kind: 'get', key: 'a', found: undefined, ...at(40, 50) }]],
  [
    'a stale list',
    [...writes, { kind: 'list', revision: 2, items: new Map([['a', { revision: 2, value: 'one' }]]), ...at(40, 50) }],
  ],
  [
    'a list that mixes times',
    [...writes, { kind: 'list', revision: 3, items: new Map([['a', { revision: 2, value: 'one' }]]), ...at(25, 50) }],
  ],
  ['a watch that repeats', writes, [...changes, changes[1]!]],
] as [string, Operation[], WatchedChange[]?][]) {
  test(`checkHistory refuses ${what}`, () => assert.throws(() => checkHistory(watched, wrong)))
}

test('checkHistory allows what may have happened', () => {
  checkHistory(changes, [
    ...writes,
    { kind: 'get', key: 'a', found: undefined, ...at(0, 9) },
    { kind: 'get', key: 'a', found: { revision: 2, value: 'one' }, ...at(25, 50) },
    { kind: 'get', key: 'a', found: { revision: 3, value: 'two' }, ...at(25, 26) },
    { kind: 'list', revision: 3, items: new Map([['a', { revision: 3, value: 'two' }]]), ...at(40, 50) },
    { kind: 'delete', key: 'a', replaced: 3, ...at(60, undefined) },
  ])
})

type ConfigMaps = ResourceClient<ConfigMap>

/** One client: operations on a few keys until the server is gone. */
async function work(maps: ConfigMaps, random: Random, history: Operation[], next: () => string): Promise<void> {
  for (;;) {
    const key = `key-${random.int(5)}`
    const begunMs = performance.now()
    try {
      const done = await operate(maps, { key, random, value: next() })
      if (done) history.push({ ...done, ...at(begunMs, performance.now()) } as Operation)
    } catch (error) {
      const { begun } = error as { begun?: Operation }
      if (begun) history.push({ ...begun, ...at(begunMs, undefined) } as Operation)
      return
    }
  }
}

/** Undefined: refused, and nothing was done. Rejects with what may have been done when no answer came. */
async function operate(
  maps: ConfigMaps,
  { key, random, value }: { key: string; random: Random; value: string },
): Promise<object | undefined> {
  const choice = random.int(10)
  const object = { metadata: { name: key, namespace: 'default' }, data: { value } }
  const answered = async <T>(begun: object, call: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await call()
    } catch (error) {
      if (error instanceof ApiError && [404, 409].includes(error.status.code ?? 0)) return undefined
      throw { begun }
    }
  }
  if (choice < 2) {
    const { items, metadata } = (await answered({}, () => maps.list()))!
    const own = items.filter((each) => each.metadata.name?.startsWith('key-'))
    return {
      kind: 'list',
      revision: Number(metadata?.resourceVersion),
      items: new Map(own.map((each) => [each.metadata.name, stateOf(each)])),
    }
  }
  const found = await answered(undefined as never, () => maps.get(key))
  if (choice < 4) return { kind: 'get', key, found: found && stateOf(found) }
  const begun = { kind: 'put', key, value, revision: undefined }
  if (choice < 9) {
    const version = found?.metadata.resourceVersion
    const next = version ? { ...object, metadata: { ...object.metadata, resourceVersion: version } } : object
    const written = await answered(begun, () => (version ? maps.update(next) : maps.create(next)))
    return written && { ...begun, revision: stateOf(written).revision }
  }
  if (!found) return undefined
  const deletion = { kind: 'delete', key, replaced: stateOf(found).revision }
  const preconditions = { resourceVersion: found.metadata.resourceVersion! }
  return (await answered(deletion, () => maps.delete(key, { preconditions }))) && deletion
}

function stateOf({ metadata, data }: ConfigMap): { revision: number; value: string } {
  return { revision: Number(metadata.resourceVersion), value: data?.value ?? '' }
}

/** What a watcher that resumes is told, from the beginning to now. */
async function watchAll(maps: ConfigMaps, from: string): Promise<WatchedChange[]> {
  const { metadata } = await maps.create({ metadata: { name: 'end', namespace: 'default' } })
  const changes: WatchedChange[] = []
  for await (const { type, object } of maps.watch({ resourceVersion: from })) {
    const map = object as ConfigMap
    if (map.metadata.resourceVersion === metadata.resourceVersion) break
    const key = map.metadata.name ?? ''
    if (!key.startsWith('key-')) continue
    const { revision, value } = stateOf(map)
    changes.push({ revision, key, value: type === 'DELETED' ? undefined : value })
  }
  await maps.delete('end')
  return changes
}

/** One server after the other on the same store, each killed under clients. `between` befalls the store in one round. */
async function histories(flags: readonly string[], between: () => Promise<void> = async () => {}): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-history-'))
  const history: Operation[] = []
  let values = 0
  let from = ''
  for (let round = 0; round < 3; round++) {
    await using server = await startServer(directory, { flags })
    const maps = server.client.of(coreV1.configMaps, 'default')
    from ||= (await maps.list()).metadata?.resourceVersion ?? ''
    if (round > 0) checkHistory(await watchAll(maps, from), history)
    const random = simulatedRandom(`history ${round}`)
    const clients = Array.from({ length: 4 }, (_, index) =>
      work(maps, random.stream(`client ${index}`), history, () => `value ${++values}`),
    )
    const wanted = history.length + 250
    if (round === 1) await between()
    // Clients end when a write fails, as it may while the store is away.
    const all = Promise.all(clients)
    const enough = async (): Promise<void> => {
      while (history.length < wanted) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await Promise.race([all, enough()])
    await server.kill()
    await all
  }
  await using server = await startServer(directory, { flags })
  checkHistory(await watchAll(server.client.of(coreV1.configMaps, 'default'), from), history)
  rmSync(directory, { recursive: true })
}

test('what clients were told before, between and after kills of the API server can have happened', () => histories([]))

test('the same on etcd, which is killed under them too', { skip }, async () => {
  await using etcd = await startEtcd()
  await histories([`--etcd-servers=${etcd.endpoints.join(',')}`], async () => {
    const [member] = etcd.members
    await member!.kill()
    await member!.start()
  })
})
