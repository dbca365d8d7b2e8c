import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from './findings.ts'
import { plantedBugs } from './planted.ts'
import { simulate } from './simulation.ts'

/** Seeds in which each bug must show; `simulation.test.ts` shows that they are clean without one. */
const seedsMax = 40

/** By which rule each bug is found at the latest; another rule may find it first. */
const foundBy: Readonly<Record<string, readonly Rule[]>> = {
  'a lost fsync': ['no acknowledged write is lost', 'each commit has a revision of its own'],
  'a reused revision': ['each commit has a revision of its own', 'no acknowledged write is lost'],
  'a dropped watch event': ['watches are complete and ordered'],
  'an event told again after a resume': ['watches are complete and ordered'],
  'a stale read': ['reads are not stale'],
  'a double bind': ['a pod is bound once'],
  'an eviction without its budget': ['disruption budgets hold'],
  'a pod gone before it stopped': ['one pod runs per ordinal'],
  'a finalizer skipped': ['finalizers hold'],
  'an owner taken for gone': ['owners decide about deletion', 'everything converges'],
  'a selector that misses what comes into view': ['watches are complete and ordered'],
  'a leader that does not look at its lease': ['one leader acts at a time'],
  'a retry dropped': ['everything converges'],
  'a correction without end': ['what has converged rests'],
}

test('there are at least ten planted bugs, and each has a rule that finds it', () => {
  assert.ok(Object.keys(plantedBugs).length >= 10)
  assert.deepEqual(Object.keys(plantedBugs), Object.keys(foundBy))
})

for (const [name, planted] of Object.entries(plantedBugs)) {
  test(`${name} is found within ${seedsMax} seeds`, async () => {
    const found: Rule[] = []
    const isFound = (): boolean => (foundBy[name] ?? []).some((rule) => found.includes(rule))
    for (let seed = 1; seed <= seedsMax && !isFound(); seed++) {
      const { findings } = await simulate({ seed, planted })
      found.push(...findings.slice(0, 1).map(({ rule }) => rule))
    }
    assert.ok(isFound(), `found: ${found}`)
  })
}
