import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allocated, limitsOf } from './allocation.ts'
import { DemandIntegrator, smoothed } from './demand.ts'
import { QueueSet, type Ticket } from './queue-set.ts'
import { Dealer, dealt } from './shuffle.ts'
import { oneSeat, type Width } from './width.ts'

const settings = { queues: 16, handSize: 4, queueLengthMax: 50 }

function entered(set: QueueSet, flow: string, nowMs: number, width: Width = oneSeat): Ticket {
  const ticket = set.enter(flow, 'schema', width, nowMs)
  if (typeof ticket === 'string') throw new Error(ticket)
  return ticket
}

/** Flows that always want more, each request for a time of its own; returns what each was served, in seat milliseconds. */
function served(set: QueueSet, flows: Record<string, { width?: Width; ms: number; waiting: number }>, untilMs: number) {
  const done = new Map<string, number>()
  const running: { ticket: Ticket; endMs: number; flow: string }[] = []
  const spawn = (flow: string, nowMs: number) => {
    const { width = oneSeat, ms } = flows[flow]!
    const ticket = set.enter(flow, flow, width, nowMs)
    if (typeof ticket === 'string') return
    const start = (startMs: number) => running.push({ ticket, endMs: startMs + ms, flow })
    if (ticket.state === 'executing') start(nowMs)
    else ticket.onStart = () => start(ticket.startedMs)
  }
  for (const [flow, { waiting }] of Object.entries(flows)) for (let at = 0; at < waiting; at++) spawn(flow, 0)
  for (let nowMs = 1; nowMs <= untilMs; nowMs++) {
    for (const one of running.splice(0)) {
      if (one.endMs > nowMs) {
        running.push(one)
        continue
      }
      const { width = oneSeat, ms } = flows[one.flow]!
      done.set(one.flow, (done.get(one.flow) ?? 0) + ms * width.seats)
      set.finish(one.ticket, nowMs)
      spawn(one.flow, nowMs)
    }
  }
  return done
}

test('QueueSet serves flows alike however many requests each has waiting', () => {
  const set = new QueueSet(settings, 4, 0)
  const done = served(set, { elephant: { ms: 10, waiting: 150 }, mouse: { ms: 10, waiting: 5 } }, 20_000)
  const share = done.get('mouse')! / (done.get('mouse')! + done.get('elephant')!)
  // An elephant has four queues and a mouse with five requests waiting uses up to four.
  assert.ok(share > 0.4 && share < 0.6, `the mouse got ${share}`)
})

test('QueueSet counts how long and how wide requests are, not how many', () => {
  const one = { queues: 16, handSize: 1, queueLengthMax: 200 }
  const flows = { wide: { width: { ...oneSeat, seats: 3 }, ms: 20, waiting: 50 }, slim: { ms: 5, waiting: 50 } }
  const done = served(new QueueSet(one, 6, 0), flows, 60_000)
  const share = done.get('slim')! / (done.get('wide')! + done.get('slim')!)
  assert.ok(share > 0.4 && share < 0.6, `the slim one got ${share}`)
})

test('QueueSet never takes more seats than it has, serves what is wider alone, and forgets nothing', () => {
  const set = new QueueSet(settings, 5, 0)
  const tickets: Ticket[] = []
  for (let index = 0; index < 60; index++) {
    const width = { ...oneSeat, seats: (index % 7) + 1 }
    const ticket = set.enter(`flow-${index % 9}`, 's', width, index)
    if (typeof ticket !== 'string') tickets.push(ticket)
  }
  for (let nowMs = 100; tickets.some(({ state }) => state !== 'done'); nowMs++) {
    const { seatsInUse, executing } = set.counts
    assert.ok(seatsInUse <= 5 || executing === 1, `${seatsInUse} seats by ${executing} requests`)
    const running = tickets.filter(({ state }) => state === 'executing')
    assert.ok(running.length > 0, 'requests wait and none is served')
    set.finish(running[nowMs % running.length]!, nowMs)
  }
  assert.deepEqual(set.counts, { ...set.counts, waiting: 0, executing: 0, seatsInUse: 0, waitingSeats: 0 })
})

test('QueueSet refuses beyond the length of the queue, and at once where there are no queues', () => {
  const set = new QueueSet({ queues: 1, handSize: 1, queueLengthMax: 2 }, 1, 0)
  for (let index = 0; index < 3; index++) entered(set, 'f', 0)
  assert.equal(set.enter('f', 's', oneSeat, 0), 'queue-full')
  const none = new QueueSet({ queues: 0, handSize: 0, queueLengthMax: 0 }, 1, 0)
  const first = entered(none, 'f', 0)
  assert.equal(none.enter('f', 's', oneSeat, 0), 'concurrency-limit')
  none.finish(first, 1)
  entered(none, 'f', 1)
})

test('QueueSet keeps the seats of a write that many watch for a moment', () => {
  const set = new QueueSet(settings, 4, 0)
  const write = entered(set, 'f', 0, { seats: 1, finalSeats: 4, additionalMs: 5 })
  const next = entered(set, 'g', 1)
  assert.equal(set.finish(write, 2), true)
  assert.equal(next.state, 'waiting')
  set.linger(write, 7)
  assert.equal(next.state, 'executing')
})

test('QueueSet lets go of who does not wait any more, and keeps who waits when queues are taken away', () => {
  const set = new QueueSet(settings, 1, 0)
  const first = entered(set, 'a', 0)
  const [second, third] = [entered(set, 'b', 0), entered(set, 'c', 0)]
  set.abandon(second, 1)
  set.configure({ ...settings, queues: 1, handSize: 1 })
  set.finish(first, 2)
  assert.equal(third.state, 'executing')
  assert.equal(second.state, 'done')
  set.finish(third, 3)
  assert.equal(set.isIdle, true)
})

test('a hand has different cards, the same for the same flow, and all cards come up alike', () => {
  const counts = new Array<number>(16).fill(0)
  for (let index = 0; index < 4_000; index++) {
    const hand = new Dealer(16, 4).hand(`flow ${index}`)
    assert.equal(new Set(hand).size, 4)
    for (const card of hand) counts[card]! += 1
  }
  assert.ok(Math.min(...counts) > 850 && Math.max(...counts) < 1150, counts.join())
  assert.deepEqual(dealt(0n, 5, 5), [0, 1, 2, 3, 4])
})

test('limitsOf divides the default levels as upstream does', () => {
  const level = (shares: number, lendablePercent: number) => ({
    ...{ type: 'Limited', limited: { nominalConcurrencyShares: shares, lendablePercent } },
  })
  const levels = new Map(
    Object.entries({
      exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
      'catch-all': level(5, 0),
      'global-default': level(20, 50),
      'leader-election': level(10, 0),
      'node-high': level(40, 25),
      system: level(30, 33),
      'workload-high': level(40, 50),
      'workload-low': level(100, 90),
    }),
  )
  const limits = limitsOf(levels, 600)
  const rows = [...limits].map(([name, { nominal, min }]) => [name, nominal, min])
  assert.deepEqual(rows, [
    ['exempt', 0, 0],
    ['catch-all', 13, 13],
    ['global-default', 49, 24],
    ['leader-election', 25, 25],
    ['node-high', 98, 73],
    ['system', 74, 50],
    ['workload-high', 98, 49],
    ['workload-low', 245, 24],
  ])
})

test('allocated gives the same part of each target, within bounds, and all there is', () => {
  const claims = [
    { lower: 10, upper: 100, target: 10 },
    { lower: 5, upper: 20, target: 60 },
    { lower: 0, upper: 100, target: 30 },
  ]
  const { shares } = allocated(60, claims)!
  assert.deepEqual(shares.map(Math.round), [10, 20, 30])
  assert.equal(allocated(10, claims), undefined)
  assert.equal(allocated(300, claims), undefined)
})

test('DemandIntegrator tells mean, spread and peak; smoothed rises at once and sinks slowly', () => {
  const demand = new DemandIntegrator(0)
  demand.set(0, 10)
  demand.set(500, 0)
  assert.deepEqual(demand.take(1_000), { mean: 5, deviation: 5, highWatermark: 10 })
  assert.deepEqual(demand.take(2_000), { mean: 0, deviation: 0, highWatermark: 0 })
  assert.equal(smoothed(1, { mean: 5, deviation: 5, highWatermark: 10 }), 10)
  const sunk = smoothed(10, { mean: 0, deviation: 0, highWatermark: 0 })
  assert.ok(sunk > 9.7 && sunk < 9.8)
})
