/** YAML bodies that would take too much time or stack to read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import { DecodeError } from './error.ts'
import { parseYaml } from './yaml.ts'

const halfMeg = 500_000

test('parseYaml refuses nesting at its first too deep level', () => {
  const { yamlNestingMax } = limits
  const deep = {
    flow: '['.repeat(halfMeg) + ']'.repeat(halfMeg),
    objects: '{"a":'.repeat(halfMeg),
    sequences: '- '.repeat(halfMeg),
    keys: '? '.repeat(halfMeg),
    maps: Array.from({ length: 3_000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
  }
  for (const [name, text] of Object.entries(deep)) {
    const expected = new DecodeError(`yaml: the document is nested deeper than ${yamlNestingMax}`)
    assert.throws(() => parseYaml(text), expected, name)
  }
  const fine = yamlNestingMax / 3
  assert.ok(parseYaml('['.repeat(fine) + ']'.repeat(fine)).value)
})

test('parseYaml refuses more tokens than it can read in a second', () => {
  const wide = Array.from({ length: 120_000 }, (_, index) => `k${index}: v`).join('\n')
  assert.throws(() => parseYaml(wide), /^DecodeError: yaml: more than 250000 tokens, send it as JSON$/)
  const text = `data: "${'x'.repeat(2_000_000)}"`
  assert.equal((parseYaml(text).value as { data: string }).data.length, 2_000_000)
})

test('parseYaml names repeated keys by their line and keeps the last', () => {
  const { value, duplicates } = parseYaml('a: 1\nb: {c: 1, c: 2}\na: 3\n')
  assert.deepEqual(value, { a: 3, b: { c: 2 } })
  assert.deepEqual(duplicates, [
    'yaml: unmarshal errors:\n  line 2: key "c" already set in map\n  line 3: key "a" already set in map',
  ])
})

test('parseYaml refuses aliases that multiply', () => {
  const rows = [...'bcdefghi'].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index]}`)}]`)
  assert.throws(() => parseYaml(`a: &a [${Array(9).fill('x')}]\n${rows.join('\n')}`), /yaml: Excessive alias count/)
})

test('parseYaml gives names of the language no meaning', () => {
  const { value } = parseYaml('__proto__: {polluted: 1}\nconstructor: x\n')
  assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor'])
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

test('parseYaml tells nobody else what it reads', async () => {
  const told: Error[] = []
  const listen = (warning: Error) => told.push(warning)
  process.on('warning', listen)
  parseYaml('? {secret: hunter2}\n: x\n')
  parseYaml('!!unknown a: hunter2\n')
  await new Promise(setImmediate)
  process.off('warning', listen)
  assert.deepEqual(told, [])
})
