import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinItems, objectChunks, Stored, spliceOf } from './stored.ts'

const splice = spliceOf({ kind: 'Pod', apiVersion: 'v1' })

function stored(text: string): Stored {
  return new Stored({ key: '/registry/pods/a/b', value: new TextEncoder().encode(text), modRevision: 7 })
}

function whole(value: Stored): string {
  return Buffer.concat(objectChunks(splice, value)).toString()
}

function listed(...values: Stored[]): string {
  return Buffer.from(joinItems(splice, values, { opening: '[', closing: ']' })).toString()
}

const head = '{"kind":"Pod","apiVersion":"v1","metadata":{'
const tail = '"creationTimestamp":null,"ownerReferences":[{"uid":"o"}]},"spec":{"uid":"s"}}'

test('the version stands behind the uid, as Go has it', () => {
  for (const before of [
    '"name":"a","namespace":"b","uid":"u",',
    '"name":"a","generateName":"a-","uid":"u",',
    // Names of roles may hold nearly anything.
    String.raw`"name":"\"uid\":\"x\\","uid":"u",`,
    '"name":"a",',
    '',
  ]) {
    const value = stored(head + before + tail)
    const version = `"resourceVersion":"7",`
    assert.equal(whole(value), head + before + version + tail)
    assert.equal(
      listed(value, value),
      `[{"metadata":{${before}${version}${tail},{"metadata":{${before}${version}${tail}]`,
    )
  }
})

test('metadata that ends with the uid has the version first', () => {
  assert.equal(whole(stored(`${head}"name":"a","uid":"u"}}`)), `${head}"resourceVersion":"7","name":"a","uid":"u"}}`)
})

test('a value that opens otherwise is encoded anew', () => {
  const value = stored('{"apiVersion":"v1","spec":{},"metadata":{"uid":"u","labels":{},"name":"a"},"kind":"Pod"}')
  const metadata = '"metadata":{"name":"a","uid":"u","resourceVersion":"7","labels":{}},"spec":{}}'
  assert.equal(whole(value), `{"kind":"Pod","apiVersion":"v1",${metadata}`)
  assert.equal(listed(value), `[{${metadata}]`)
})
