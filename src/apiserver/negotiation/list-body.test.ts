/** Long lists are the same documents as short ones, only in pieces. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeProtobuf, encodeProtobuf } from '../../api/codec/protobuf.ts'
import type { ConfigMap } from '../../api/types/core/v1.ts'
import { limits } from '../../limits.ts'
import { startTestApiServer, type TestApiServer } from '../testbed/server.ts'

const path = '/api/v1/namespaces/default/configmaps'
const count = 40
/** Together several pieces. */
const text = 'äöü '.repeat(limits.listPieceBytes / 64)
let api: TestApiServer

before(async () => {
  api = await startTestApiServer()
  for (let index = 0; index < count; index++) {
    const body = new TextEncoder().encode(JSON.stringify({ metadata: { name: `c${index}` }, data: { text } }))
    const reply = await api.transport.send({ method: 'POST', path, headers: {}, body })
    assert.equal(reply.status, 201)
  }
})
after(() => api.stop())

async function pieces(accept: string): Promise<Uint8Array[]> {
  const { status, body } = await api.transport.send({ method: 'GET', path, headers: { accept } })
  assert.equal(status, 200)
  return body instanceof Uint8Array ? [body] : await Array.fromAsync(body)
}

test('a long list in JSON comes in pieces that join to one document', async () => {
  const sent = await pieces('application/json')
  assert.ok(sent.length > 2)
  for (const piece of sent) assert.ok(piece.length < 2 * limits.listPieceBytes, `${piece.length} bytes`)
  const list = JSON.parse(Buffer.concat(sent).toString('utf8')) as { kind: string; items: ConfigMap[] }
  assert.equal(list.kind, 'ConfigMapList')
  assert.equal(list.items.length, count)
  for (const { metadata, data } of list.items)
    assert.deepEqual([data?.text, Boolean(metadata.resourceVersion)], [text, true])
})

test('a long list as protobuf is byte by byte the message of the whole list', async () => {
  for (const attempt of ['encoded', 'from what was encoded before']) {
    const sent = await pieces('application/vnd.kubernetes.protobuf')
    assert.ok(sent.length > 2)
    const bytes = Buffer.concat(sent)
    const list = decodeProtobuf(bytes) as unknown as { items: ConfigMap[] }
    assert.equal(list.items.length, count)
    assert.deepEqual(encodeProtobuf(list), bytes, attempt)
  }
})
