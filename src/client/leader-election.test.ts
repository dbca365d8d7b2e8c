import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease } from '../api/types/coordination/v1.ts'
import { silent } from '../platform/log.ts'
import { type SimulatedClock, simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { createClient } from './client-impl.ts'
import { LeadershipLostError, runAsLeader } from './leader-election.ts'
import { failure, StubApi } from './testbed/stub-api.ts'
import { type Transport, until } from './transport.ts'

interface Candidate {
  name: string
  leading: boolean
  abort: AbortController
  ended: Promise<void>
}

function start(api: StubApi, clock: SimulatedClock, name: string): Candidate {
  const abort = new AbortController()
  const candidate: Candidate = { name, leading: false, abort, ended: Promise.resolve() }
  const lease = { namespace: 'kube-system', name: 'leader' }
  const parts = { client: createClient(api), clock, random: simulatedRandom(name), log: silent }
  candidate.ended = runAsLeader({ ...parts, lease, identity: name }, abort.signal, async (signal) => {
    candidate.leading = true
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve())
    })
    candidate.leading = false
  })
  return candidate
}

const leaseOf = (api: StubApi): Lease => [...api.objects.values()][0] as Lease

test('runAsLeader: one leads, the other follows when it ends in order', async () => {
  const api = new StubApi()
  const clock = simulatedClock()
  const a = start(api, clock, 'a')
  await clock.settle()
  const b = start(api, clock, 'b')
  await clock.advance(60_000)
  assert.deepEqual([a.leading, b.leading, leaseOf(api).spec?.holderIdentity], [true, false, 'a'])
  assert.equal(leaseOf(api).spec?.renewTime, '2026-01-01T00:01:00.000000Z')
  a.abort.abort()
  await clock.advance(3_000)
  assert.deepEqual([a.leading, b.leading], [false, true])
  assert.equal(leaseOf(api).spec?.leaseTransitions, 1)
  b.abort.abort()
  await Promise.all([a.ended, b.ended])
  assert.equal(leaseOf(api).spec?.holderIdentity, '')
})

test('runAsLeader: the lease is given back also when the answer to its last renewal was lost', async () => {
  const api = new StubApi()
  const clock = simulatedClock()
  const a = start(api, clock, 'a')
  await clock.settle()
  let isLost = false
  api.intercept = async (request) => {
    api.intercept = undefined
    const reply = await api.send(request)
    if (request.method === 'PUT') isLost = true
    else api.intercept = losing
    return isLost ? failure(503, 'ServiceUnavailable') : reply
  }
  const losing = api.intercept
  await clock.advance(2_000)
  assert.equal(isLost, true)
  a.abort.abort()
  await a.ended
  assert.equal(leaseOf(api).spec?.holderIdentity, '')
})

test('runAsLeader: a leader that can not renew stops before another one starts', async () => {
  const api = new StubApi()
  const clock = simulatedClock()
  const a = start(api, clock, 'a')
  await clock.advance(4_000)
  const b = start(api, clock, 'b')
  await clock.advance(4_000)
  api.intercept = (request) => (request.method === 'PUT' ? failure(503, 'ServiceUnavailable') : undefined)
  await clock.advance(12_000)
  assert.deepEqual([a.leading, b.leading], [false, false])
  api.intercept = undefined
  await clock.advance(8_000)
  assert.deepEqual([a.leading, b.leading], [false, true])
  await a.ended
  b.abort.abort()
  await b.ended
})

test('runAsLeader: rejects with what leading threw, and gives the lease back', async () => {
  const api = new StubApi()
  const clock = simulatedClock()
  const lease = { namespace: 'kube-system', name: 'leader' }
  const parts = { client: createClient(api), clock, random: simulatedRandom(), log: silent, lease, identity: 'a' }
  const leading = runAsLeader(parts, new AbortController().signal, () => Promise.reject(new Error('broken')))
  await assert.rejects(leading, { message: 'broken' })
  assert.equal(leaseOf(api).spec?.holderIdentity, '')
  await assert.rejects(
    runAsLeader({ ...parts, leaseDurationMs: 1 }, new AbortController().signal, async () => {}),
    RangeError,
  )
})

test('runAsLeader keeps the lease while the work of a leader that stops in order winds down', async () => {
  const api = new StubApi()
  const clock = simulatedClock()
  const lease = { namespace: 'kube-system', name: 'leader' }
  const parts = { client: createClient(api), clock, random: simulatedRandom(), log: silent, lease, identity: 'a' }
  const stopping = new AbortController()
  let lostSignal: AbortSignal | undefined
  const leading = runAsLeader(parts, stopping.signal, async (signal, lost) => {
    lostSignal = lost
    await clock.sleep(60_000, signal).catch(() => clock.sleep(40_000))
  })
  await clock.advance(3_000)
  const b = start(api, clock, 'b')
  stopping.abort()
  await clock.advance(30_000)
  assert.deepEqual([leaseOf(api).spec?.holderIdentity, b.leading, lostSignal?.aborted], ['a', false, false])
  api.intercept = (request) => (request.method === 'PUT' ? failure(503, 'ServiceUnavailable') : undefined)
  await clock.advance(12_000)
  assert.equal(lostSignal?.aborted, true)
  api.intercept = undefined
  await clock.advance(10_000)
  await leading
  assert.equal(b.leading, true)
  b.abort.abort()
  await b.ended
})

test('`until` ends what is under way and sends nothing more once its signal aborts', async () => {
  const sent: (AbortSignal | undefined)[] = []
  const hanging: Transport = {
    send: ({ signal }) => {
      sent.push(signal)
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
    upgrade: () => Promise.reject(new Error('not used')),
    close: async () => undefined,
  }
  const lost = new AbortController()
  const transport = until(lost.signal, hanging)
  const request = { method: 'PUT', path: '/api/v1/pods', headers: {} } as const
  const underWay = transport.send(request)
  lost.abort(new LeadershipLostError())
  await assert.rejects(underWay, LeadershipLostError)
  await assert.rejects(transport.send(request), LeadershipLostError)
  assert.equal(sent.length, 1)
})

test('runAsLeader: a leader that stood still may not write once its lease can have run out, before it notices', async () => {
  const clock = simulatedClock()
  const own = { ...clock, sleep: () => new Promise<never>(() => undefined) }
  const client = createClient(new StubApi())
  const lease = { namespace: 'kube-system', name: 'leader' }
  const parts = { client, clock: own, random: simulatedRandom('a'), log: silent, lease, identity: 'a' }
  let fence = (): void => assert.fail('it does not lead')
  void runAsLeader(parts, new AbortController().signal, async (_signal, _lost, requireLease) => {
    fence = requireLease
    await new Promise(() => undefined)
  })
  await clock.advance(14_999)
  fence()
  await clock.advance(1)
  assert.throws(fence, LeadershipLostError)
})

test('until: what is checked before each request can refuse it', async () => {
  let sent = 0
  const inner = {
    send: async () => ({ status: 200, headers: {}, body: new Uint8Array([++sent]) }),
  } as unknown as Transport
  let allowed = true
  const transport = until(new AbortController().signal, inner, () => {
    if (!allowed) throw new LeadershipLostError()
  })
  const request = { method: 'PUT', path: '/', headers: {} } as const
  await transport.send(request)
  allowed = false
  await assert.rejects(transport.send(request), LeadershipLostError)
  assert.equal(sent, 1)
})
