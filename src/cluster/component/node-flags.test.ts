import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFlags } from '../apiserver/flags.ts'
import { componentFlags } from './flag-tables.ts'
import { nodeMasksOf, nodeOptionsOf } from './node-flags.ts'

const optionsOf = (...words: string[]) => nodeOptionsOf(parseFlags(words, componentFlags('controller-manager')))

const usual = {
  ...{ monitorPeriodMs: 5_000, gracePeriodMs: 50_000, startupGracePeriodMs: 60_000 },
  rates: { perSecond: 0.1, secondaryPerSecond: 0.01, largeAboveNodes: 50, unhealthyShare: 0.55 },
}

test('nodeOptionsOf reads what is said, and what holds otherwise', () => {
  assert.deepEqual(optionsOf(), { nodeLifecycle: usual, attachDetach: { neverForces: false } })
  const words = ['--node-eviction-rate=0', '--unhealthy-zone-threshold=0.5', '--large-cluster-size-threshold=9']
  assert.deepEqual(optionsOf(...words, '--node-monitor-grace-period=20s', '--disable-force-detach-on-timeout'), {
    nodeLifecycle: {
      ...usual,
      gracePeriodMs: 20_000,
      rates: { perSecond: 0, secondaryPerSecond: 0.01, largeAboveNodes: 9, unhealthyShare: 0.5 },
    },
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

test('nodeMasksOf reads how large a node’s ranges are', () => {
  const masksOf = (...words: string[]) => nodeMasksOf(parseFlags(words, componentFlags('controller-manager')))
  const [four, six] = ['10.244.0.0/16', 'fd00::/48']
  assert.deepEqual(masksOf(`--cluster-cidr=${four}`), {})
  assert.deepEqual(masksOf(`--cluster-cidr=${four}`, '--node-cidr-mask-size=26'), { IPv4: 26, IPv6: 26 })
  assert.deepEqual(masksOf(`--cluster-cidr=${four},${six}`, '--node-cidr-mask-size-ipv6=60'), { IPv6: 60 })
  const refused: [words: string[], message: RegExp][] = [
    [[`--cluster-cidr=${four},${six}`, '--node-cidr-mask-size=26'], /not allowed with dual-stack clusters/],
    [
      [`--cluster-cidr=${six}`, '--node-cidr-mask-size-ipv4=26'],
      /-ipv4 is not allowed for a single-stack IPv6 cluster/,
    ],
    [[`--cluster-cidr=${four}`, '--node-cidr-mask-size=26', '--node-cidr-mask-size-ipv4=26'], /is set/],
  ]
  for (const [words, message] of refused) assert.throws(() => masksOf(...words), message)
})
