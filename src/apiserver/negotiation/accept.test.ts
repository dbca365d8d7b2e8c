import assert from 'node:assert/strict'
import { test } from 'node:test'
import { negotiate, parseAccept } from './accept.ts'

const offer = { views: ['table', 'partial', 'partial-list'], encodings: ['json', 'yaml', 'protobuf'] } as const
const table = ';as=Table;v=v1;g=meta.k8s.io'
const partial = ';as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'
const protobuf = 'application/vnd.kubernetes.protobuf'

const accepted: [header: string, encoding: string, view: string][] = [
  ['', 'json', 'object'],
  ['*/*', 'json', 'object'],
  ['application/json;as=', 'json', 'object'],
  ['application/json;stream=watch', 'json', 'object'],
  ['application/json;q=0.1,application/*', 'json', 'object'],
  [`application/json;q=0.5,application/yaml;q=0.9`, 'yaml', 'object'],
  [`application/json;q=0.5,${protobuf}`, 'protobuf', 'object'],
  [`application/json;q=none,application/yaml`, 'json', 'object'],
  [`text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8`, 'json', 'object'],
  [`application/json${table},application/json${partial},application/json`, 'json', 'table'],
  [`${protobuf}${table},${protobuf}${partial}`, 'protobuf', 'partial-list'],
  [`application/json;as=Table;v=v2;g=meta.k8s.io,application/json`, 'json', 'object'],
  [`application/json;as=Table;v=v1;g=example.com,application/yaml`, 'yaml', 'object'],
]
for (const [header, encoding, view] of accepted) {
  test(`negotiate takes ${encoding} ${view} from "${header}"`, () => {
    const found = negotiate(header, offer)
    assert.deepEqual([found.encoding, found.view], [encoding, view])
  })
}

for (const header of [
  'text/html',
  'application/cbor',
  'application/*',
  `${protobuf}${table}`,
  `application/json;as=Other;v=v1;g=meta.k8s.io`,
  `application/json;v=v1;g=meta.k8s.io`,
  'application/json;stream=other',
  'application/yaml;stream=watch',
  ',',
]) {
  test(`negotiate refuses "${header}"`, () => assert.throws(() => negotiate(header, offer), { code: 406 }))
}

test('negotiate takes any application type for custom resources, and keeps the version of a view', () => {
  assert.equal(negotiate('application/*', { ...offer, custom: true }).encoding, 'json')
  assert.equal(negotiate('application/json;as=Table;v=v1beta1;g=meta.k8s.io', offer).version, 'v1beta1')
})

test('parseAccept looks at no more clauses than anybody sends', () => {
  assert.equal(parseAccept('a/b;q=0.5,'.repeat(20_000)).length, 50)
})
