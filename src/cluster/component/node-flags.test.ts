import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFlags } from '../apiserver/flags.ts'
import { componentFlags } from './flag-tables.ts'
import { nodeOptionsOf } from './node-flags.ts'

const optionsOf = (...words: string[]) => nodeOptionsOf(parseFlags(words, componentFlags('controller-manager')))

test('nodeOptionsOf reads what is said and leaves out what is not', () => {
  assert.deepEqual(optionsOf(), { nodeLifecycle: { rates: {} }, attachDetach: { neverForces: false } })
  const words = ['--node-eviction-rate=0', '--unhealthy-zone-threshold=0.5', '--large-cluster-size-threshold=9']
  assert.deepEqual(optionsOf(...words, '--node-monitor-grace-period=20s', '--disable-force-detach-on-timeout'), {
    nodeLifecycle: { gracePeriodMs: 20_000, rates: { perSecond: 0, largeAboveNodes: 9, unhealthyShare: 0.5 } },
    attachDetach: { neverForces: true },
  })
})

test('nodeOptionsOf says what is wrong', () => {
  const cases: [word: string, message: RegExp][] = [
    ['--unhealthy-zone-threshold=1.5', /must be a number from 0 to 1, got "1.5"/],
    ['--node-eviction-rate=-1', /--node-eviction-rate must be a number from 0, got "-1"/],
    ['--secondary-node-eviction-rate=fast', /must be a number from 0/],
    ['--node-monitor-period=0s', /must be greater than 0/],
    ['--node-monitor-period=1m', /--node-monitor-grace-period must be greater than --node-monitor-period/],
  ]
  for (const [word, message] of cases) assert.throws(() => optionsOf(word), message)
})
