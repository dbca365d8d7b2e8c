import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import { connectGrpc } from '../../platform/grpc.ts'
import { realClock } from '../../platform/real/clock.ts'
import { realRandom } from '../../platform/real/random.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { CompactedError, type Store, StoreUnavailableError, type WatchBatch } from '../store.ts'
import { parseEndpoint } from './endpoints.ts'
import { type EtcdStoreOptions, openEtcdStore } from './etcd-store.ts'
import { etcdVersion, startEtcd } from './testbed/etcd-server.ts'

const skip = etcdVersion === undefined ? 'etcd is not installed (script/prepare --tests)' : false
const clock = realClock()
const never = new AbortController().signal

const open = (endpoints: string[], more: Partial<EtcdStoreOptions> = {}): Promise<Store> =>
  openEtcdStore({ endpoints, clock, connectGrpc, historyAgeMs: 0, ...more })

const put = (store: Store, key: string, text: string, expected?: number) =>
  store.commit([{ op: 'put', key, value: Buffer.from(text), ...(expected === undefined ? {} : { expected }) }])

/** Reads a watch until `done`, and says what it delivered. */
function follow(store: Store, prefix: string, fromRevision: number) {
  const values: string[] = []
  const revisions: number[] = []
  const abort = new AbortController()
  const read = async (): Promise<void> => {
    for await (const batch of store.watch({ prefix, fromRevision, signal: abort.signal })) {
      if (batch.events.length > 0) revisions.push(batch.revision)
      for (const event of batch.events) if (event.type === 'put') values.push(Buffer.from(event.item.value).toString())
    }
  }
  const ended = read()
  return { values, revisions, ended, stop: () => abort.abort() }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = clock.monotonicMs() + 30_000
  while (!(await condition())) {
    assert.ok(clock.monotonicMs() < endMs, 'it did not come to pass in time')
    await clock.sleep(10)
  }
}

test('etcdStore loses nothing and repeats nothing while members die one after the other', { skip }, async () => {
  await using cluster = await startEtcd({ members: 3 })
  const store = await open(cluster.endpoints)
  const watch = follow(store, '/n/', 1)
  const acknowledged: string[] = []
  let unknown = 0
  let stopped = false
  const write = async (): Promise<void> => {
    for (let count = 0; !stopped; count++) {
      try {
        assert.ok((await put(store, `/n/${count % 10}`, `${count}`)).ok)
        acknowledged.push(`${count}`)
      } catch (error) {
        assert.ok(error instanceof StoreUnavailableError)
        if (error.outcomeUnknown) unknown++
      }
    }
  }
  const writing = write()
  for (const member of cluster.members.slice(0, 2)) {
    const before = acknowledged.length
    await until(() => acknowledged.length > before + 30)
    await member.kill()
    const after = acknowledged.length
    await until(() => acknowledged.length > after + 30)
    await member.start()
    await until(async () => (await store.health()) === undefined)
  }
  stopped = true
  await writing
  const last = acknowledged.at(-1)!
  await until(() => watch.values.includes(last))
  watch.stop()
  await watch.ended
  assert.deepEqual(
    watch.revisions,
    [...new Set(watch.revisions)].sort((a, b) => a - b),
  )
  const seen = new Set(watch.values)
  assert.deepEqual(
    acknowledged.filter((each) => !seen.has(each)),
    [],
  )
  assert.ok(watch.values.length <= acknowledged.length + unknown)
  await store.close()
})

test('etcdStore leaves a member that is there but silent', { skip }, async () => {
  await using cluster = await startEtcd({ members: 3 })
  const [first] = cluster.members
  const store = await open(cluster.endpoints)
  await put(store, '/a', '1')
  first!.freeze()
  assert.equal(Buffer.from((await store.get('/a')).item?.value ?? []).toString(), '1')
  assert.ok((await put(store, '/a', '2')).ok)
  first!.thaw()
  await store.close()
})

test('etcdStore speaks TLS with a client certificate, and to nobody without', { skip }, async () => {
  const random = realRandom()
  const period = { notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 }
  const name = { commonName: 'etcd', organizations: [] }
  const ca = issueAuthority({ subject: { ...name, commonName: 'etcd-ca' }, serial: random.bytes(16), ...period })
  const identity = issueCertificate(ca, {
    subject: name,
    usages: ['serverAuth', 'clientAuth'],
    ipAddresses: ['127.0.0.1'],
    serial: random.bytes(16),
    ...period,
  })
  const caPem = ca.certificatePem
  await using cluster = await startEtcd({ tls: { caPem, ...identity } })
  const store = await open(cluster.endpoints, { tls: { caPem, identity } })
  assert.ok((await put(store, '/a', '1')).ok)
  await store.close()
  const quick = simulatedClock()
  const refused = open(cluster.endpoints, { tls: { caPem }, clock: quick })
  const outcome = assert.rejects(refused, /certificate|handshake|socket|ECONNRESET/i)
  await until(async () => {
    await quick.advance(1_000)
    return quick.monotonicMs() > 15_000
  })
  await outcome
})

test('etcdStore says that etcd is out of space, is unhealthy, and works again by itself', { skip }, async () => {
  await using cluster = await startEtcd({ quotaBytes: 16 * 1024 * 1024 })
  const store = await open(cluster.endpoints)
  const value = 'x'.repeat(1_000_000)
  let kept = 0
  const failure = await (async () => {
    for (; ; kept++) await put(store, '/big', value)
  })().catch((error: unknown) => error)
  assert.ok(failure instanceof StoreUnavailableError && kept > 0)
  assert.match(failure.message, /out of space \(alarm NOSPACE\).*disarm/)
  assert.equal(failure.outcomeUnknown, false)
  assert.match((await store.health()) ?? '', /NOSPACE/)
  assert.ok((await store.commit([{ op: 'delete', key: '/big' }])).ok)
  await store.compact(await store.currentRevision())
  cluster.ctl('defrag')
  cluster.ctl('alarm', 'disarm')
  assert.ok((await put(store, '/small', '1')).ok)
  assert.equal(await store.health(), undefined)
  await store.close()
})

test('two etcdStores see each other, conflict, and share one compaction', { skip }, async () => {
  await using cluster = await startEtcd()
  const hands = simulatedClock()
  const timed = { ...clock, every: hands.every }
  const options = { clock: timed, historyAgeMs: 1_000 }
  const stores = [await open(cluster.endpoints, options), await open(cluster.endpoints, options)] as const
  const [one, two] = stores
  const watch = follow(two, '/a', 1)
  const first = await put(one, '/a', '1', 0)
  const lost = await put(two, '/a', '2', 0)
  assert.ok(first.ok && !lost.ok && lost.current?.modRevision === first.revision)
  assert.ok((await put(two, '/a', '2', first.revision)).ok)
  await until(() => watch.values.length === 2)
  assert.deepEqual(watch.values, ['1', '2'])
  await until(async () => {
    await hands.advance(1_000)
    return await one.get('/a', first.revision).then(
      () => false,
      (error: unknown) => error instanceof CompactedError,
    )
  })
  const stale = two.watch({ prefix: '/a', fromRevision: 1, signal: never })[Symbol.asyncIterator]()
  await assert.rejects(stale.next() as Promise<IteratorResult<WatchBatch>>, CompactedError)
  assert.match(cluster.ctl('get', 'compact_rev_key'), /^compact_rev_key\n\d+\n$/)
  watch.stop()
  await watch.ended
  for (const store of stores) await store.close()
})

test('etcdStore reads ranges of large values in pages of one revision', { skip }, async () => {
  await using cluster = await startEtcd()
  const store = await open(cluster.endpoints)
  const value = Buffer.alloc(1_000_000, 'x')
  for (let index = 0; index < 90; index++) await store.commit([{ op: 'put', key: `/big/${index}`, value }])
  const { items, remaining } = await store.range({ prefix: '/big/' })
  assert.deepEqual([items.length, remaining], [90, 0])
  await store.close()
})

test('parseEndpoint takes addresses as etcd clients write them, and refuses others', () => {
  assert.deepEqual(parseEndpoint('https://10.0.0.1'), { target: '10.0.0.1:2379', secure: true })
  assert.deepEqual(parseEndpoint('http://[::1]:4001'), { target: '[::1]:4001', secure: false })
  assert.deepEqual(parseEndpoint('unix:///run/etcd.sock'), { target: 'unix:///run/etcd.sock', secure: false })
  for (const bad of ['ftp://host', 'https://host/path', 'https://']) assert.throws(() => parseEndpoint(bad), TypeError)
})
