import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../api/meta.ts'
import { coreV1 } from '../api/resources.ts'
import { silent } from '../platform/log.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { endOfTurn } from '../platform/turn.ts'
import { createClient } from './client-impl.ts'
import { type Controller, done, type Outcome, source } from './controller.ts'
import { runController } from './controller-run.ts'
import { createInformers } from './informer-impl.ts'
import { StubApi } from './testbed/stub-api.ts'
import { WorkQueue } from './work-queue.ts'

const turn = () => new Promise<void>(endOfTurn)

test('WorkQueue keeps a key once, never runs it twice at once, and runs it again when added meanwhile', async () => {
  let ready = 0
  const queue = new WorkQueue(simulatedClock(), () => ready++)
  for (const key of ['a', 'b', 'a']) queue.add(key)
  assert.deepEqual([queue.take(), queue.idle, ready], [undefined, false, 0])
  await turn()
  assert.equal(ready, 1)
  assert.equal(queue.take(), 'a')
  queue.add('a')
  queue.add('a')
  assert.deepEqual([queue.take(), queue.take()], ['b', undefined])
  queue.done('b')
  assert.equal(queue.idle, false)
  queue.done('a')
  await turn()
  assert.equal(queue.take(), 'a')
  queue.done('a')
  assert.deepEqual([queue.take(), queue.idle], [undefined, true])
})

test('WorkQueue delays: the earliest counts, back-off doubles to its limit and is forgotten', async () => {
  const clock = simulatedClock()
  const seen: string[] = []
  const queue: WorkQueue = new WorkQueue(clock, () => {
    const key = queue.take()!
    seen.push(`${key}@${clock.monotonicMs()}`)
    queue.done(key)
  })
  queue.addAfter('a', 100)
  queue.addAfter('a', 50)
  queue.addAfter('a', 200)
  await clock.advance(1_000)
  assert.deepEqual(seen, ['a@50'])
  for (const expectedMs of [5, 10, 20, 40]) {
    queue.addWithBackoff('b')
    assert.equal(clock.nextTimerMs, expectedMs)
    await clock.advance(expectedMs)
  }
  for (let failures = 0; failures < 30; failures++) {
    queue.addWithBackoff('b')
    await clock.advanceToNext()
  }
  queue.addWithBackoff('b')
  assert.equal(clock.nextTimerMs, 1_000_000)
  await clock.advance(1_000_000)
  queue.forget('b')
  queue.addWithBackoff('b')
  assert.equal(clock.nextTimerMs, 5)
  queue.close()
  assert.equal(clock.nextTimerMs, undefined)
})

interface Run {
  outcomes: Outcome[]
  reconcile?(key: string): Promise<Outcome>
  workers?: number
}

function setUp({ outcomes, reconcile, workers }: Run) {
  const api = new StubApi()
  const client = createClient(api)
  const clock = simulatedClock()
  const informers = createInformers({ client, clock, random: simulatedRandom(), log: silent })
  const calls: string[] = []
  const logged: string[] = []
  const note = (message: string): void => void logged.push(message)
  const log = { ...silent, warn: note, error: note, with: () => log }
  const controller: Controller = {
    name: 'test',
    sources: [source(informers.of(coreV1.configMaps), (change) => [keyOf(change.object)])],
    ...(workers === undefined ? {} : { workers }),
    reconcile: async (key) => {
      calls.push(`${key}@${clock.monotonicMs()}`)
      return reconcile ? reconcile(key) : (outcomes.shift() ?? done)
    },
  }
  const abort = new AbortController()
  const running = runController(controller, { clock, log }, abort.signal)
  const put = (name: string) => client.of(coreV1.configMaps, 'ns').create({ metadata: { name, namespace: 'ns' } })
  return { abort, calls, clock, informers, logged, put, running }
}

test('runController waits for caches, reconciles every key, and becomes idle', async () => {
  const { calls, clock, informers, put, running } = setUp({ outcomes: [] })
  await put('a')
  await clock.settle()
  assert.deepEqual([calls, running.idle], [[], false])
  informers.start()
  await clock.settle()
  await put('b')
  await clock.settle()
  assert.deepEqual([calls, running.idle], [['ns/a@0', 'ns/b@0'], true])
  await running.stop()
  await informers.stop()
})

test('runController handles each outcome', async () => {
  const outcomes: Outcome[] = [
    { kind: 'retry', error: new Error('x') },
    { kind: 'retry', error: new Error('x') },
    { kind: 'requeueAfter', delayMs: 100 },
    { kind: 'retry', error: new Error('x') },
    { kind: 'terminal', message: 'never' },
  ]
  const { calls, clock, informers, logged, put, running } = setUp({ outcomes })
  await put('a')
  informers.start()
  await clock.advance(1_000)
  assert.deepEqual(calls, ['ns/a@0', 'ns/a@5', 'ns/a@15', 'ns/a@115', 'ns/a@120'])
  const retried = 'reconcile will be retried'
  assert.deepEqual(logged, [retried, retried, retried, 'reconcile given up'])
  await running.stop()
  await informers.stop()
})

test('runController retries a reconcile that throws', async () => {
  let tries = 0
  const reconcile = async (): Promise<Outcome> => {
    if (++tries === 1) throw new Error('broken')
    return done
  }
  const { calls, clock, informers, put, running } = setUp({ outcomes: [], reconcile })
  await put('a')
  informers.start()
  await clock.advance(10)
  assert.deepEqual(calls, ['ns/a@0', 'ns/a@5'])
  await running.stop()
  await informers.stop()
})

test('runController runs at most its workers at once, and stop waits for them', async () => {
  const gates: PromiseWithResolvers<Outcome>[] = []
  const reconcile = (): Promise<Outcome> => {
    gates.push(Promise.withResolvers())
    return gates.at(-1)!.promise
  }
  const { abort, clock, informers, put, running } = setUp({ outcomes: [], reconcile, workers: 2 })
  for (const name of ['a', 'b', 'c']) await put(name)
  informers.start()
  await clock.settle()
  assert.deepEqual([gates.length, running.idle], [2, false])
  gates[0]!.resolve(done)
  await clock.settle()
  assert.equal(gates.length, 3)
  let stopped = false
  abort.abort()
  const stopping = running.stop().then(() => {
    stopped = true
  })
  await clock.settle()
  assert.equal(stopped, false)
  for (const gate of gates) gate.resolve(done)
  await stopping
  await informers.stop()
})
