import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../api/resources.ts'
import { startTestApiServer } from '../apiserver/testbed/server.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { parsedLines } from './body.ts'
import { carriedBy, carrying, concatCarrying } from './carried.ts'
import { createClient } from './client-impl.ts'
import { createInformers } from './informer-impl.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

async function* streamed(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function linesOf(chunks: Uint8Array[], shared: boolean): Promise<unknown[]> {
  return Array.fromAsync(parsedLines(streamed(...chunks), { shared }))
}

test('parsedLines puts lines together wherever chunks were cut, and takes a last one without its end', async () => {
  const chunks = ['{"a"', ':1}\n\n{"b":', '2}\n{"c"', ':3}'].map(bytes)
  assert.deepEqual(await linesOf(chunks, false), [{ a: 1 }, { b: 2 }, { c: 3 }])
  await assert.rejects(linesOf([bytes('{"a"\n')], false), /a frame is not JSON/)
})

test('parsedLines takes what chunks carry only for who may share it, and never in the middle of a line', async () => {
  const value = { carried: true }
  const whole = () => carrying(bytes('{"a":1}\n'), [() => value])
  assert.equal((await linesOf([whole()], true))[0], value)
  assert.deepEqual(await linesOf([whole()], false), [{ a: 1 }])
  assert.deepEqual(await linesOf([bytes('{"b":'), carrying(bytes('2}\n'), [() => value]), whole()], true), [
    { b: 2 },
    value,
  ])
})

test('concatCarrying carries all that its parts do, and nothing when one of them is bytes only', () => {
  const part = (text: string) => carrying(bytes(text), [() => text])
  const joined = concatCarrying([part('a'), part('b')])
  assert.deepEqual([Buffer.from(joined).toString(), carriedBy(joined)?.map((value) => value())], ['ab', ['a', 'b']])
  assert.equal(carriedBy(concatCarrying([part('a'), bytes('b')])), undefined)
})

test('informers of one process hold one copy of an object, without managed fields, and clients have their own', async () => {
  const clock = simulatedClock()
  const api = await startTestApiServer({ clock, namespaces: ['n'] })
  const client = createClient(api.transport)
  const log = api.log
  const all = ['one', 'other'].map((name) => createInformers({ client, clock, random: simulatedRandom(name), log }))
  const maps = all.map((informers) => informers.of(coreV1.configMaps))
  try {
    const listed = await client
      .of(coreV1.configMaps)
      .create({ metadata: { name: 'listed', namespace: 'n' }, data: { x: '1' } })
    for (const informers of all) informers.start()
    await Promise.all(all.map((informers) => informers.synced()))
    await client.of(coreV1.configMaps).create({ metadata: { name: 'watched', namespace: 'n' } })
    await clock.advance(1_000)
    for (const key of ['n/listed', 'n/watched']) {
      const [one, other] = maps.map((informer) => informer.get(key))
      assert.ok(one, key)
      assert.equal(one, other)
      assert.equal(one.metadata.managedFields, undefined)
    }
    assert.ok(listed.metadata.managedFields)
    const { items } = await client.of(coreV1.configMaps, 'n').list()
    assert.ok(items[0]?.metadata.managedFields)
    assert.notEqual(items[0], maps[0]?.get('n/listed'))
  } finally {
    for (const informers of all) await informers.stop()
    await api.stop()
  }
})
