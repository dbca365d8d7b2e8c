import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { unifiedDiff } from './unified-diff.ts'

test('unifiedDiff shows three lines around each change and joins what is near', () => {
  const left = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n']
  const right = left.map((line) => (line === 'b' || line === 'm' ? line.toUpperCase() : line))
  assert.equal(
    unifiedDiff(left, right),
    [
      '@@ -1,5 +1,5 @@',
      ' a',
      '-b',
      '+B',
      ' c',
      ' d',
      ' e',
      '@@ -10,5 +10,5 @@',
      ' j',
      ' k',
      ' l',
      '-m',
      '+M',
      ' n',
      '',
    ].join('\n'),
  )
  assert.equal(unifiedDiff(left, left), '')
  assert.equal(unifiedDiff(['a'], []), '@@ -1 +0,0 @@\n-a\n')
})

test('unifiedDiff applied to its left side gives its right side', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '{', '}'), { maxLength: 30 })
  fc.assert(
    fc.property(lines, lines, (left, right) => {
      assert.deepEqual(patched(left, unifiedDiff(left, right)), right)
    }),
  )
})

function patched(left: readonly string[], diff: string): string[] {
  const result: string[] = []
  let at = 0
  for (const line of diff.split('\n').slice(0, -1)) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? /.exec(line)
    if (hunk) {
      const start = hunk[2] === '0' ? Number(hunk[1]) : Number(hunk[1]) - 1
      result.push(...left.slice(at, start))
      at = start
    } else if (line.startsWith('+')) result.push(line.slice(1))
    else {
      assert.equal(line.slice(1), left[at])
      if (line.startsWith(' ')) result.push(line.slice(1))
      at += 1
    }
  }
  return [...result, ...left.slice(at)]
}
