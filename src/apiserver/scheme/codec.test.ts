import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDocument } from './codec.ts'

const type = { kind: 'struct', fields: {} } as unknown as Parameters<typeof parseDocument>[2]
const parse = async (text: string) => await parseDocument('yaml', Buffer.from(text), type)

test('parseDocument reads YAML, JSON declared as YAML, and what only begins like JSON', async () => {
  for (const text of ['a: {b: 1}\n', '{"a": {"b": 1}}', '{a: {b: 1}}', '{"a": {"b": 1}} # done\n']) {
    assert.deepEqual(await parse(text), { value: { a: { b: 1 } }, duplicates: [] }, text)
  }
})

test('parseDocument reports names that stand twice in JSON declared as YAML with their line', async () => {
  const { duplicates } = await parse('{"a": 1,\n"a": 2}')
  assert.deepEqual(duplicates, ['yaml: unmarshal errors:\n  line 2: key "a" already set in map'])
})

test('parseDocument refuses what is neither', async () => {
  await assert.rejects(parse('{"a": 1'), { code: 400 })
})
