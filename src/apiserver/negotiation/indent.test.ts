import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indentedJson, wantsIndent } from './indent.ts'

const document = {
  text: 'a "quoted" {brace}, [list]: \\ ü 漢 😀 \n',
  empty: {},
  none: [],
  nested: [[{}, { a: [1, -2.5e10, null, true] }], [[]]],
  '': '',
}

async function textOf(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  if (body instanceof Uint8Array) pieces.push(body)
  else for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

test('indentedJson writes what JSON.stringify writes with two spaces, wherever pieces end', async () => {
  const bytes = Buffer.from(`${JSON.stringify(document)}\n`)
  const expected = JSON.stringify(document, null, 2)
  assert.equal(await textOf(indentedJson(bytes)), expected)
  for (const size of [1, 2, 3, 7]) {
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    assert.equal(await textOf(indentedJson(pieces())), expected)
  }
})

test('indentedJson gives what is long in pieces, and leaves whole numbers of 64 bits as they are', async () => {
  const long = `[${Array.from({ length: 5000 }, () => '9223372036854775807').join(',')}]`
  const body = indentedJson(Buffer.from(long))
  assert.ok(!(body instanceof Uint8Array))
  const text = await textOf(body)
  assert.equal(text.replace(/\s/g, ''), long)
  assert.equal(text.split('\n').length, 5002)
})

const asked: [query: string, agent: string, indents: boolean][] = [
  ['', 'curl/8.5.0', true],
  ['', 'Wget/1.21', true],
  ['', 'Mozilla/5.0 (X11)', true],
  ['', 'kubectl/v1.36.0', false],
  ['pretty=true', 'kubectl/v1.36.0', true],
  ['pretty=1', '', true],
  ['pretty=false', 'curl/8.5.0', false],
  ['pretty=yes', 'curl/8.5.0', false],
  ['pretty=', 'curl/8.5.0', true],
]
for (const [query, agent, indents] of asked) {
  test(`wantsIndent is ${indents} for "${agent}" with "${query}"`, () => {
    assert.equal(wantsIndent({ query: new URLSearchParams(query), headers: { 'user-agent': agent } }), indents)
  })
}
