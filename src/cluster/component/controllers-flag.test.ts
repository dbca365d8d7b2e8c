import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFlags } from '../apiserver/flags.ts'
import { runsBy, workersBy } from './controllers-flag.ts'
import { componentFlags } from './flag-tables.ts'

const flagsOf = (...words: string[]) => parseFlags(words, componentFlags('controller-manager'))

const table: [words: string | undefined, runs: string[], rests: string[]][] = [
  [undefined, ['deployment', 'local-path-provisioner'], ['bootstrap-signer', 'token-cleaner']],
  ['*,bootstrap-signer-controller', ['bootstrap-signer', 'deployment'], ['token-cleaner']],
  ['*,tokencleaner,-cronjob-controller', ['token-cleaner', 'job'], ['cronjob']],
  ['*,-cronjob', ['job'], ['cronjob']],
  ['podgc', ['pod-garbage-collector'], ['garbage-collector', 'deployment']],
  ['disruption', ['disruption', 'stale-pod-disruption'], ['deployment']],
  ['-ttl,*', ['ttl-after-finished'], ['ttl-controller']],
  ['ttl,-ttl', ['ttl-controller'], ['job']],
]

for (const [words, runs, rests] of table) {
  test(`--controllers=${words ?? '(default)'}`, () => {
    const decide = runsBy(words === undefined ? flagsOf() : flagsOf(`--controllers=${words}`))
    for (const name of runs) assert.equal(decide(name), true, name)
    for (const name of rests) assert.equal(decide(name), false, name)
  })
}

test('--controllers refuses a name that nobody bears', () => {
  const words = flagsOf('--controllers=*,-cronjobs')
  assert.throws(() => runsBy(words), /"cronjobs" is not in the list of known controllers/)
})

test('--concurrent-*-syncs reach the controllers that upstream has them for', () => {
  const workersOf = workersBy(flagsOf('--concurrent-rc-syncs=3', '--concurrent-resourceclaim-syncs=9'))
  assert.equal(workersOf('replicationcontroller'), 3)
  assert.equal(workersOf('resourceclaim-controller'), 9)
  assert.equal(workersOf('deployment'), 5)
  assert.equal(workersOf('node-ipam'), undefined)
  assert.throws(() => workersBy(flagsOf('--concurrent-job-syncs=0')), /must be at least 1/)
})
