import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { parseYaml } from './yaml.ts'
import { encodeYaml } from './yaml-write.ts'

test('encodeYaml writes maps, lists and texts as people do', () => {
  const value = {
    kind: 'ConfigMap',
    data: { script: '#!/bin/sh\n\n\tset -e\n  echo\n', words: 'one two', none: '', open: 'a\nb', end: 'a\n\n' },
    list: [{ name: 'a', ports: [80, { port: 443 }] }, [], {}, ['x', ['y']], null, true],
    empty: {},
  }
  const lines = [
    ...['data:', '  end: |+', '    a', '', '  none: ""', '  open: |-', '    a', '    b', '  script: |'],
    ...['    #!/bin/sh', '', '    \tset -e', '      echo', '  words: one two', 'empty: {}', 'kind: ConfigMap'],
    ...['list:', '- name: a', '  ports:', '  - 80', '  - port: 443', '- []', '- {}', '- - x', '  - - "y"', '- null'],
    ...['- true', ''],
  ]
  assert.equal(encodeYaml(value), lines.join('\n'))
  assert.deepEqual(parseYaml(encodeYaml(value)).value, value)
})

test('encodeYaml quotes what would be read as something else', () => {
  const words = '1 0x1F 1e3 1:20 .5 ~ yes Off NULL nan .inf 2020-01-01 << = - ? a: :a a# #a *a &a !a %a @a `a {a [a'
  const others = [
    '',
    ' a',
    'a ',
    'a: b',
    'a #b',
    'a\r\nb',
    ' \n a',
    '\u0085',
    'a\u2028b\n',
    '\ufeff',
    '\u0000',
    '"\n\\',
  ]
  for (const text of [...words.split(' '), ...others]) {
    const expected = { [text]: [text, { [text]: text }] }
    for (const version of ['1.1', '1.2'] as const)
      assert.deepEqual(parse(encodeYaml(expected), { version }), expected, JSON.stringify(text))
  }
})

test('encodeYaml writes long keys, large numbers and deep values so that they can be read', () => {
  const long = { ['k'.repeat(2_000)]: { a: [1] }, n: 9007199254740993n, f: [1e21, -0.5, 1e-7] }
  assert.deepEqual(parseYaml(encodeYaml(long)).value, long)
  let deep: unknown = ['x: y', 1]
  for (let depth = 0; depth < 120; depth++) deep = depth % 2 ? { a: deep, b: 'c' } : [deep]
  assert.deepEqual(parseYaml(encodeYaml(deep)).value, deep)
  assert.equal(encodeYaml('a'), 'a\n')
})

test('encodeYaml gives back any text', () => {
  const random = simulatedRandom('yaml')
  const chars = [...'ab1 \n\t:#-,?|>"\'\\[{&*!%@`~é漢😀\u00a0\u200d']
  const pick = (): string => chars[Math.floor(random.float() * chars.length)]!
  for (let round = 0; round < 3_000; round++) {
    const text = Array.from({ length: 1 + Math.floor(random.float() * 8) }, pick).join('')
    const value = { a: { [text]: text }, list: [text, [text]], z: 1 }
    const yaml = encodeYaml(value)
    assert.deepEqual(parse(yaml), value, JSON.stringify(yaml))
  }
})
