/**
 * What OpenAPI says, held fast: a line for each definition and each path of version 2, with the names that clients
 * generate code from and a digest of all but descriptions; and a digest of each document of version 3. Run with
 * `K8TS_UPDATE=1` to write it anew, and read the difference before you commit it.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { conversions, strategies } from '../registry/strategies.ts'
import { builtInScheme } from '../scheme/scheme.ts'
import { documentParts, documentV2, documentV3 } from './document.ts'
import { schemeSource } from './from-scheme.ts'

const golden = new URL('testdata/openapi.golden.txt', import.meta.url)
const source = schemeSource(builtInScheme({ strategies: strategies(), conversions: conversions() }), '1.36')

test('the documents are as they were', () => {
  const text = `${[...versionTwo(), ...versionThree()].join('\n')}\n`
  if (process.env.K8TS_UPDATE) writeFileSync(golden, text)
  const [actual, expected] = [text.split('\n'), readFileSync(golden, 'utf8').split('\n')]
  const differences = [
    ...expected.filter((line) => !actual.includes(line)).map((line) => `- ${line}`),
    ...actual.filter((line) => !expected.includes(line)).map((line) => `+ ${line}`),
  ]
  assert.deepEqual(differences, [])
})

function* versionTwo(): Iterable<string> {
  const document = documentV2(source)
  for (const [name, schema] of entries(document.definitions)) {
    const count = Object.keys((schema.properties as object) ?? {}).length
    yield `definition ${name} ${count} ${digest(schema)}`
  }
  for (const [path, item] of entries(document.paths)) {
    const operations = entries(item).filter(([, each]) => isObject(each) && each.operationId !== undefined)
    const ids = operations.map(([method, each]) => `${method}:${each.operationId}`)
    yield `path ${path} ${ids.join(' ')} ${digest(item)}`
  }
}

function* versionThree(): Iterable<string> {
  for (const part of documentParts(source)) {
    const document = documentV3(source, part)
    yield `document ${part.path} ${digest(document)}`
  }
}

function entries(value: unknown): [string, JsonObject][] {
  return Object.entries(value as Record<string, JsonObject>)
}

function digest(value: unknown): string {
  const text = JSON.stringify(value, (name, member: unknown) =>
    name === 'description' && typeof member === 'string' ? undefined : member,
  )
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
