import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import fc from 'fast-check'
import { limits } from '../../../limits.ts'
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

test('unifiedDiff of long texts ends after so many steps, and is still one', () => {
  const lines = (factor: number) => Array.from({ length: 20_000 }, (_, index) => `${(index * factor) % 1_000}`)
  const steps = mock.method(Map.prototype, 'get')
  const [left, right] = [lines(7_919), lines(104_729)]
  const text = unifiedDiff(left, right)
  const looked = steps.mock.callCount()
  steps.mock.restore()
  assert.ok(looked < 2 * limits.diffStepsMax, `${looked} lines looked up`)
  assert.deepEqual(patched(left, text), right)
  const changed = left.with(10, 'x').with(19_000, 'y')
  assert.ok(unifiedDiff(left, changed).length < 200_000)
  assert.deepEqual(patched(left, unifiedDiff(left, changed)), changed)
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
