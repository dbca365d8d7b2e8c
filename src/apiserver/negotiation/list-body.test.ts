/** Long lists are the same documents as short ones, only in pieces. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeProtobuf, encodeProtobuf } from '../../api/codec/protobuf.ts'
import { parseYaml } from '../../api/codec/yaml.ts'
import type { ConfigMap } from '../../api/types/core/v1.ts'
import { limits } from '../../limits.ts'
import { startTestApiServer, type TestApiServer } from '../testbed/server.ts'
import { turnsDuring } from '../testbed/turns.ts'

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

async function pieces(accept: string, from = path): Promise<Uint8Array[]> {
  const { status, body } = await api.transport.send({ method: 'GET', path: from, headers: { accept } })
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

test('a long list of metadata as protobuf is byte by byte the message of the whole list', async () => {
  const sent = await pieces('application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')
  const bytes = Buffer.concat(sent)
  const list = decodeProtobuf(bytes) as unknown as { kind: string; items: ConfigMap[] }
  assert.deepEqual([list.kind, list.items.length], ['PartialObjectMetadataList', count])
  assert.ok(list.items.every(({ metadata, data }) => metadata.uid && !data))
  assert.deepEqual(encodeProtobuf(list), bytes)
})

test('a long table or list of metadata is made in steps and joins to one document', async () => {
  const small = '/api/v1/namespaces/default/secrets'
  const many = 2 * limits.encodedPerTurn + 5
  for (let index = 0; index < many; index++) {
    const body = new TextEncoder().encode(JSON.stringify({ metadata: { name: `s${1_000 + index}` } }))
    assert.equal((await api.transport.send({ method: 'POST', path: small, headers: {}, body })).status, 201)
  }
  const views = [
    ['Table', 'Table', 'rows'],
    ['PartialObjectMetadataList', 'PartialObjectMetadataList', 'items'],
  ] as const
  for (const [view, kind, member] of views)
    for (const [query, expected, steps] of [
      ['', many, 3],
      ['?limit=3', 3, 1],
      ['?labelSelector=none', 0, 1],
    ] as const) {
      const headers = { accept: `application/json;as=${view};v=v1;g=meta.k8s.io` }
      const { body } = await api.transport.send({ method: 'GET', path: small + query, headers })
      const sent = body instanceof Uint8Array ? [body] : await Array.fromAsync(body)
      assert.equal(sent.length, steps)
      const list = JSON.parse(Buffer.concat(sent).toString('utf8')) as Record<string, unknown>
      assert.deepEqual(await inYaml(small + query, view), list)
      const items = list[member] as { metadata?: { name: string }; object?: { metadata: { name: string } } }[]
      assert.equal(list.kind, kind)
      assert.deepEqual(
        items.map((item) => (item.object ?? item).metadata?.name),
        Array.from({ length: expected }, (_, index) => `s${1_000 + index}`),
      )
    }
})

test('of large objects less are made in one step, of whatever form', async () => {
  const bytes = Buffer.byteLength(JSON.stringify({ data: { text } })) * count
  assert.ok(bytes > 1.5 * limits.bytesPerTurn && count < limits.encodedPerTurn)
  for (const accept of ['application/json;as=Table;v=v1;g=meta.k8s.io', 'application/yaml'])
    assert.ok((await pieces(accept)).length >= 2, accept)
  const select = (label: string) =>
    turnsDuring(() => pieces('application/json', `${path}?labelSelector=${label}&limit=1`))
  const first = await select('none')
  const second = await select('none')
  assert.ok(first.turns > second.turns, `${first.turns}, then ${second.turns}`)
})

test('a watch begins with pieces of so many bytes', async () => {
  const query = '?watch=1&resourceVersion=0&timeoutSeconds=1'
  const { body } = await api.transport.send({ method: 'GET', path: path + query, headers: {} })
  assert.ok(!(body instanceof Uint8Array))
  for await (const piece of body) {
    assert.ok(piece.length < 2 * limits.bytesPerTurn, `${piece.length} bytes`)
    break
  }
})

/** The same list in YAML, which comes in as many pieces. */
async function inYaml(path: string, view: string): Promise<unknown> {
  const headers = { accept: `application/yaml;as=${view};v=v1;g=meta.k8s.io` }
  const { body } = await api.transport.send({ method: 'GET', path, headers })
  const sent = body instanceof Uint8Array ? [body] : await Array.fromAsync(body)
  const list = parseYaml(Buffer.concat(sent)).value as { items?: unknown[]; rows?: unknown[] }
  const { length } = list.items ?? list.rows!
  assert.equal(sent.length, Math.max(1, Math.ceil(length / limits.encodedPerTurn)))
  return list
}

test('a long list of objects in YAML comes in pieces that join to one document, with nothing of the JSON lost', async () => {
  const small = '/api/v1/namespaces/default/secrets'
  const yaml = await api.transport.send({ method: 'GET', path: small, headers: { accept: 'application/yaml' } })
  assert.ok(!(yaml.body instanceof Uint8Array))
  const json = Buffer.concat(await pieces('application/json', small)).toString()
  assert.deepEqual(parseYaml(Buffer.concat(await Array.fromAsync(yaml.body))).value, JSON.parse(json))
})
