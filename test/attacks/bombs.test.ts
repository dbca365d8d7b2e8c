/** Small bodies that become huge, or take long by the square of their length. The holes are the parsers as they come. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { parseJson } from '../../src/api/codec/json.ts'
import { parseYaml } from '../../src/api/codec/yaml.ts'
import { applyJsonPatch } from '../../src/api/patch/json-patch.ts'
import { holds } from './opened.ts'

type Parser = (text: string) => unknown

const ours: Parser = (text) => parseYaml(text).value

/** Undefined when it was refused. */
function read(parser: Parser, text: string): { value: unknown } | undefined {
  try {
    return { value: parser(text) }
  } catch (error) {
    assert.equal((error as Error).constructor.name, 'DecodeError')
    return undefined
  }
}

test('JSON nested without end is refused before it is read', async () => {
  const text = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const succeeds = async (parser: Parser) => read(parser, text) !== undefined
  await holds(succeeds, { closed: (body) => parseJson(body).value, opened: JSON.parse })
})

test('YAML whose aliases multiply is refused', async () => {
  const levels = Array.from({ length: 6 }, (_, index) => {
    const below = index === 0 ? 'x' : `*l${index - 1}`
    return `l${index}: &l${index} [${Array.from({ length: 10 }, () => below).join(', ')}]`
  })
  const succeeds = async (parser: Parser) => {
    const known = read(parser, levels.join('\n'))
    return known !== undefined && JSON.stringify(known.value).length > 1_000_000
  }
  await holds(succeeds, { closed: ours, opened: (text) => parse(text, { maxAliasCount: -1 }) })
})

/** The shortest of three, in milliseconds of the processor. */
function costOf(work: () => unknown): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const before = process.cpuUsage()
      work()
      return process.cpuUsage(before).user / 1000
    }),
  )
}

test('YAML of many keys takes time by its length, not by the square of it', async () => {
  const textOf = (keys: number) => Array.from({ length: keys }, (_, index) => `k${index}: 1\n`).join('')
  const succeeds = async (parser: Parser) => {
    const [short, long] = [500, 4_000].map((keys) => costOf(() => read(parser, textOf(keys))))
    // Eight times by the length, 64 times by the square.
    return long! > short! * 20
  }
  const checksEachPair: Parser = (text) => {
    const keys = text.split('\n').map((line) => line.split(':')[0])
    return keys.filter((key, index) => keys.slice(0, index).some((other) => other === key)).length
  }
  await holds(succeeds, { closed: ours, opened: checksEachPair })
})

type Patcher = (document: unknown, patch: readonly { from: string; path: string }[]) => unknown

/** The hole: it does what it is told. */
const obedient: Patcher = (document, patch) => {
  const result = structuredClone(document) as Record<string, unknown>
  for (const { from, path } of patch)
    result[path.slice(1)] = {
      all: structuredClone(result[from.slice(1)]),
      again: structuredClone(result[from.slice(1)]),
    }
  return result
}

test('a patch of a kilobyte does not make an object of a gigabyte', async () => {
  const document = { a0: 'x'.repeat(100) }
  const closed: Patcher = (object) => {
    // Each copies everything into itself.
    const doubling = Array.from({ length: 30 }, (_, index) => ({ op: 'copy', from: '', path: `/c${index}` }))
    return applyJsonPatch(object, doubling)
  }
  const succeeds = async (patcher: Patcher) => {
    const patch = Array.from({ length: 16 }, (_, index) => ({ from: `/a${index}`, path: `/a${index + 1}` }))
    try {
      return JSON.stringify(patcher(document, patch)).length > 10_000_000
    } catch {
      return false
    }
  }
  await holds(succeeds, { closed, opened: obedient })
})
