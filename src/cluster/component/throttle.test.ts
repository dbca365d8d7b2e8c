import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Transport, TransportRequest } from '../../client/transport.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { parseFlags } from '../apiserver/flags.ts'
import { componentFlags } from './flag-tables.ts'
import { throttled, throttleOf } from './throttle.ts'

const throttleBy = (...words: string[]) => throttleOf(parseFlags(words, componentFlags('controller-manager')))

test('throttleOf reads --kube-api-qps and --kube-api-burst', () => {
  assert.equal(throttleBy(), undefined)
  assert.equal(throttleBy('--kube-api-qps=-1', '--kube-api-burst=5'), undefined)
  assert.deepEqual(throttleBy('--kube-api-qps=20', '--kube-api-burst=30'), { perSecond: 20, burst: 30 })
  assert.deepEqual(throttleBy('--kube-api-qps=0.5'), { perSecond: 0.5, burst: 1 })
  assert.throws(() => throttleBy('--kube-api-qps=many'), /--kube-api-qps must be a number, got "many"/)
})

test('throttled lets a burst through at once, then as many as the rate says; elections never wait', async () => {
  const clock = simulatedClock()
  const sentMs: number[] = []
  const own: Transport = {
    send: async () => {
      sentMs.push(clock.monotonicMs())
      return { status: 200, headers: {}, body: new Uint8Array() }
    },
    upgrade: () => Promise.reject(new Error('none')),
    close: async () => {},
  }
  let waits = 0
  const transport = throttled(own, { perSecond: 10, burst: 3 }, clock, (_, seconds) => {
    waits += Number(seconds > 0)
  })
  const get = (path: string, signal?: AbortSignal): TransportRequest => ({
    ...{ method: 'GET', path, headers: {} },
    ...(signal ? { signal } : {}),
  })
  const startMs = clock.monotonicMs()
  const all = Array.from({ length: 6 }, () => transport.send(get('/api/v1/pods')))
  await transport.send(get('/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x'))
  const given = new AbortController()
  const stopped = transport.send(get('/api/v1/nodes', given.signal))
  given.abort(new Error('over'))
  await assert.rejects(stopped)
  await clock.advance(1_000)
  await Promise.all(all)
  assert.deepEqual(
    sentMs.map((ms) => ms - startMs),
    [0, 0, 0, 0, 100, 200, 300],
  )
  assert.equal(waits, 4)
  const laterMs = clock.monotonicMs()
  await Promise.all([1, 2, 3].map(() => transport.send(get('/api/v1/pods'))))
  assert.equal(clock.monotonicMs(), laterMs)
})
