/** A cluster in which nothing happens leaves its disk alone, but for the leases by which its parts say that they live. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { coordinationV1 } from '../../api/resources.ts'
import { bootstrap } from '../../apiserver/bootstrap/bootstrap.ts'
import { startTestApiServer } from '../../apiserver/testbed/server.ts'
import { createClient } from '../../client/client-impl.ts'
import { rfc3339Micro } from '../../platform/clock.ts'
import { realDisk } from '../../platform/real/disk.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { ControllerGroup } from './controller-group.ts'

const nodes = ['a', 'b', 'c', 'd', 'e']
const leaseRenewMs = 10_000
const minutes = 4

/** The machine's disk, but that it need not be waited for: it counts what would have been synced. */
function countedDisk() {
  const disk = realDisk()
  const counted = { syncs: 0, disk: { ...disk } }
  const count = (): void => {
    counted.syncs += 1
  }
  counted.disk.open = async (path, how) => ({
    ...(await disk.open(path, how)),
    sync: async () => count(),
    syncNow: count,
  })
  return counted
}

test('a quiet cluster of five nodes writes its leases and nothing else, several of them in one sync', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-quiet-'))
  const clock = simulatedClock()
  const random = simulatedRandom('quiet')
  const counted = countedDisk()
  const store = await openSqliteStore({ path: join(directory, 'k8ts.db'), clock, disk: counted.disk })
  const api = await startTestApiServer({ store, clock, random })
  const { server, log } = api
  const advertise = { address: '192.0.2.1', port: 6443, hostName: 'server' }
  const started = await bootstrap({ server, store, clock, random, log, advertise })
  const controllers = new ControllerGroup({ clock, random, log, rootCaPem: 'CA', transportFor: () => api.transport })
  await controllers.start()
  const leases = createClient(api.transport).of(coordinationV1.leases, 'kube-node-lease')
  const renew = async (name: string): Promise<void> => {
    const lease = await leases.get(name)
    await leases.update({ ...lease, spec: { ...lease.spec, renewTime: rfc3339Micro(clock.nowMs()) } })
  }
  for (const name of nodes)
    await leases.create({ metadata: { name }, spec: { holderIdentity: name, leaseDurationSeconds: 40 } })
  const renewals = nodes.map((name) => clock.every(leaseRenewMs, () => void renew(name)))
  await clock.advance(60_000)
  const before = { revision: await store.currentRevision(), syncs: counted.syncs }
  const watching = store.watch({
    prefix: '/registry/',
    fromRevision: before.revision + 1,
    signal: AbortSignal.timeout(60_000),
  })
  for (let minute = 0; minute < minutes; minute++) await clock.advance(60_000)
  const after = { revision: await store.currentRevision(), syncs: counted.syncs }
  const written = new Set<string>()
  for await (const { revision, events } of watching) {
    for (const event of events) written.add(event.type === 'put' ? event.item.key : `${event.key} deleted`)
    if (revision === after.revision) break
  }
  const perMinute = (count: number): number => count / minutes
  // Each node, the server's identity and its endpoint, every ten seconds.
  const leasesPerMinute = (nodes.length + 2) * 6
  assert.deepEqual(
    [...written].filter((key) => !/^\/registry\/(leases\/kube-(node-lease|system)|masterleases)\//.test(key)),
    [],
  )
  assert.ok(
    perMinute(after.revision - before.revision) <= leasesPerMinute,
    `${after.revision - before.revision} commits`,
  )
  assert.ok(perMinute(after.syncs - before.syncs) <= 18, `${after.syncs - before.syncs} syncs`)
  for (const cancel of renewals) cancel()
  // Renewals under way wait for company.
  await clock.advance(1_000)
  await controllers.stop()
  await started.stop()
  await api.stop()
  await store.close()
  rmSync(directory, { recursive: true })
})
