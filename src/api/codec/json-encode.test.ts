import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectType } from '../schema/registry.ts'
import { encodeJson } from './json.ts'
import { decodeProtobuf, encodeProtobuf } from './protobuf.ts'

test('what has a meaning in HTML is escaped as Go does it, in raw values in both encodings', () => {
  const data = { command: 'a && b <c> \u2028 "d"' }
  const metadata = { name: 'r', annotations: { note: '<&>', 'a&b': 'x' } }
  const revision = { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, data, revision: 1 }
  const type = objectType(revision)
  assert.ok(type)
  const raw = String.raw`{"command":"a \u0026\u0026 b \u003cc\u003e \u2028 \"d\""}`
  const text = encodeJson(type, revision)
  assert.ok(text.includes(`"data":${raw}`), text)
  assert.ok(text.includes(String.raw`"a\u0026b":"x","note":"\u003c\u0026\u003e"`), text)
  assert.deepEqual(JSON.parse(text).data, data)
  const bytes = encodeProtobuf(revision)
  assert.ok(bytes.includes(raw))
  assert.deepEqual((decodeProtobuf(bytes) as typeof revision).data, data)
})
