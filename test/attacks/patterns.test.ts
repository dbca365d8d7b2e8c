/** Patterns of users that make a backtracking engine try for ever. Ours is asked for time by the length of the text. */
import { test } from 'node:test'
import { compilePattern } from '../../src/api/pattern.ts'
import { holds } from './opened.ts'

const patterns = ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '^(.*a){12}$', '^([a-zA-Z]+)*$', '(x+x+)+y']

type Engine = (pattern: string) => (text: string) => boolean
const ours: Engine = (pattern) => {
  const compiled = compilePattern(pattern)
  return (text) => compiled.test(text)
}
/** The hole: the engine of the language. */
const backtracking: Engine = (pattern) => {
  const compiled = new RegExp(pattern)
  return (text) => compiled.test(text)
}

/** Shortest of three, in milliseconds: what else the machine does only makes it longer. */
function timeOf(work: () => unknown): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const startMs = performance.now()
      work()
      return performance.now() - startMs
    }),
  )
}

for (const pattern of patterns.filter((each) => !each.includes('x'))) {
  test(`a text that nearly matches ${pattern} takes no longer than its length says`, async () => {
    const succeeds = async (engine: Engine) => {
      const matches = engine(pattern)
      // Half as long again; by the length it would take half as much more, by backtracking a thousandfold.
      const [short, long] = pattern.includes('.*') ? [20, 32] : [14, 24]
      const [first, second] = [short, long].map((length) => timeOf(() => matches(`${'a'.repeat(length!)}!`)))
      return second! > Math.max(first! * 12, 0.3)
    }
    await holds(succeeds, { closed: ours, opened: backtracking })
  })
}

test('a text of 100,000 characters is matched soon', async () => {
  const text = `${'a'.repeat(100_000)}!`
  await holds(async (limitMs: number) => patterns.some((pattern) => timeOf(() => ours(pattern)(text)) > limitMs), {
    closed: 2_000,
    opened: 0,
  })
})
