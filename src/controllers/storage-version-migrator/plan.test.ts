import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StorageVersionMigration } from '../../api/types/storagemigration/v1beta1.ts'
import { isUpTo, nextStep } from './plan.ts'

function migration(name: string, types: string[], resourceVersion?: string): StorageVersionMigration {
  const conditions = types.map((type) => ({ type, status: 'True', reason: '', message: '', lastTransitionTime: '' }))
  return {
    metadata: { name, uid: name, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { resource: { group: '', resource: 'secrets' } },
    status: { conditions, ...(resourceVersion ? { resourceVersion } : {}) },
  }
}

const table: [what: string, own: StorageVersionMigration, others: StorageVersionMigration[], step: object][] = [
  ['runs a new one', migration('a', []), [], { kind: 'run' }],
  ['lets an older one go first', migration('b', []), [migration('a', [])], { kind: 'none' }],
  ['waits for one that runs', migration('a', []), [migration('b', ['Running'])], { kind: 'none' }],
  ['does not wait for one that is over', migration('b', []), [migration('a', ['Failed'])], { kind: 'run' }],
  ['notes the version first', migration('a', ['Running']), [], { kind: 'noteVersion' }],
  ['rewrites up to it', migration('a', ['Running'], '12'), [], { kind: 'rewrite', upTo: '12' }],
  [
    'concludes what succeeded',
    migration('a', ['Running', 'Succeeded'], '12'),
    [],
    { kind: 'conclude', succeeded: true },
  ],
  ['concludes what failed', migration('a', ['Running', 'Failed']), [], { kind: 'conclude', succeeded: false }],
  ['leaves alone what is over', migration('a', ['Succeeded']), [], { kind: 'none' }],
]

for (const [what, own, others, step] of table) {
  test(`nextStep ${what}`, () => assert.deepEqual(nextStep(own, others), step))
}

test('isUpTo compares versions as numbers', () => {
  assert.ok(isUpTo('9', '10'))
  assert.ok(isUpTo('10', '10'))
  assert.ok(!isUpTo('100', '99'))
})
