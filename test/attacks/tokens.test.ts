/** How long it takes to refuse a wrong secret says nothing about the right one. */
import { test } from 'node:test'
import { sameSecret } from '../../src/apiserver/authentication/token.ts'
import { holds } from './opened.ts'

type Compare = (left: string, right: string) => boolean

/** The hole: whoever measures learns how much of a guess is right. */
const stopsAtOnce: Compare = (left, right) => {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left.charCodeAt(index) !== right.charCodeAt(index)) return false
  return true
}

/** The shortest of nine, in milliseconds: what else the machine does only makes it longer. */
function timeOf(compare: Compare, left: string, right: string): number {
  return Math.min(
    ...Array.from({ length: 9 }, () => {
      const startMs = performance.now()
      compare(left, right)
      return performance.now() - startMs
    }),
  )
}

test('a secret that is wrong at its end is refused no later than one that is wrong at its start', async () => {
  // So long that the difference shows in one comparison.
  const middle = 'x'.repeat(4_000_000)
  const secret = `a${middle}b`
  const succeeds = async (compare: Compare) => {
    const [early, late] = [`-${middle}b`, `a${middle}-`].map((guess) => timeOf(compare, secret, guess))
    return late! > early! * 5
  }
  await holds(succeeds, { closed: sameSecret, opened: stopsAtOnce })
})
