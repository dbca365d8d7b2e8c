import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coordinationV1, coreV1 } from '../../api/resources.ts'
import { startTestApiServer } from '../../apiserver/testbed/server.ts'
import { createClient } from '../../client/client-impl.ts'
import type { Transport } from '../../client/transport.ts'
import { TransportError } from '../../client/transport-error.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { ControllerGroup } from './controller-group.ts'

/** A transport that can be cut off from its server. */
function cuttable(transport: Transport): { transport: Transport; cut: boolean } {
  const line: { transport: Transport; cut: boolean } = {
    cut: false,
    transport: {
      ...transport,
      send: (request) =>
        line.cut ? Promise.reject(new TransportError('the network is cut')) : transport.send(request),
    },
  }
  return line
}

test('of two groups one works, and the other takes over when the first is cut off', async () => {
  const clock = simulatedClock()
  const api = await startTestApiServer({ clock })
  const client = createClient(api.transport)
  const lines = [cuttable(api.transport), cuttable(api.transport)]
  const groups = lines.map(
    ({ transport }, index) =>
      new ControllerGroup({
        clock,
        random: simulatedRandom(`group ${index}`),
        log: api.log,
        rootCaPem: 'CA',
        transportFor: () => transport,
        leaderElection: { identity: `server-${index}` },
      }),
  )
  const leading = () => groups.map(({ leads }) => leads)
  try {
    await groups[0]?.start()
    await clock.advance(3_000)
    await groups[1]?.start()
    await clock.advance(5_000)
    assert.deepEqual(leading(), [true, false])
    const lease = await client.of(coordinationV1.leases, 'kube-system').get('kube-controller-manager')
    assert.equal(lease.spec?.holderIdentity, 'server-0')
    const { items } = await client.of(coreV1.events, 'kube-system').list()
    const told = items.find(({ reason }) => reason === 'LeaderElection')
    assert.deepEqual(
      [told?.message, told?.source?.component, told?.involvedObject.kind, told?.involvedObject.uid],
      ['server-0 became leader', 'kube-controller-manager', 'Lease', lease.metadata.uid],
    )
    assert.ok(await client.of(coreV1.serviceAccounts, 'default').get('default'))
    if (lines[0]) lines[0].cut = true
    // The first gives up before the second may begin: the two never work at once.
    for (let seconds = 0; seconds < 40; seconds++) {
      await clock.advance(1_000)
      assert.notDeepEqual(leading(), [true, true])
    }
    assert.deepEqual(leading(), [false, true])
    await client.of(coreV1.namespaces).create({ metadata: { name: 'later' } })
    await clock.advance(1_000)
    assert.ok(await client.of(coreV1.serviceAccounts, 'later').get('default'))
  } finally {
    const stopped = Promise.all(groups.map((group) => group.stop()))
    await clock.advance(60_000)
    await stopped
    await api.stop()
  }
})

test('a group that leads ends in order though its caches never fill', async () => {
  const clock = simulatedClock()
  const api = await startTestApiServer({ clock })
  const transport: Transport = {
    ...api.transport,
    send: (request) => {
      const { signal } = request
      if (!request.path.includes('/pods')) return api.transport.send(request)
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
  }
  const group = new ControllerGroup({
    ...{ clock, random: simulatedRandom('group'), log: api.log, rootCaPem: 'CA' },
    transportFor: () => transport,
    leaderElection: { identity: 'server' },
  })
  await group.start()
  await clock.advance(5_000)
  assert.equal(group.leads, true)
  let stopped = false
  const stopping = group.stop().then(() => {
    stopped = true
  })
  await clock.advance(1_000)
  assert.equal(stopped, true)
  await stopping
  const lease = await createClient(api.transport)
    .of(coordinationV1.leases, 'kube-system')
    .get('kube-controller-manager')
  assert.equal(lease.spec?.holderIdentity, '')
  await api.stop()
})
