import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { writePayload } from './atomic-writer.ts'
import type { Payload } from './content.ts'

function payloadOf(files: Record<string, string>): Payload {
  return new Map(Object.entries(files).map(([path, text]) => [path, { bytes: Buffer.from(text), mode: 0o644 }]))
}

function makeParts() {
  return { disk: simulatedDisk(), clock: simulatedClock(), random: simulatedRandom('writer') }
}

test('writePayload shows files through ..data when the volume is new', async () => {
  const parts = makeParts()
  assert.equal(await writePayload(parts, '/v', payloadOf({ a: '1', 'd/e': '2' })), true)
  assert.equal(await parts.disk.readText('/v/a'), '1')
  assert.equal(await parts.disk.readText('/v/d/e'), '2')
  assert.equal(await parts.disk.readLink('/v/a'), '..data/a')
  assert.match(await parts.disk.readLink('/v/..data'), /^\.\.2026_01_01_00_00_00\./)
})

test('writePayload changes nothing when the content is the same', async () => {
  const parts = makeParts()
  await writePayload(parts, '/v', payloadOf({ a: '1' }))
  const before = await parts.disk.readLink('/v/..data')
  assert.equal(await writePayload(parts, '/v', payloadOf({ a: '1' })), false)
  assert.equal(await parts.disk.readLink('/v/..data'), before)
})

test('writePayload swaps all files and removes old names when the content changes', async () => {
  const parts = makeParts()
  await writePayload(parts, '/v', payloadOf({ a: '1', gone: 'x' }))
  assert.equal(await writePayload(parts, '/v', payloadOf({ a: '2', b: '3' })), true)
  assert.equal(await parts.disk.readText('/v/a'), '2')
  const names = (await parts.disk.list('/v')).filter((name) => !name.startsWith('..2026'))
  assert.deepEqual(names, ['..data', 'a', 'b'])
  assert.equal((await parts.disk.list('/v')).length, 4)
})

test('writePayload leaves the old files in force when writing fails', async () => {
  const parts = makeParts()
  await writePayload(parts, '/v', payloadOf({ a: '1' }))
  parts.disk.failNext('write', 'ENOSPC')
  await assert.rejects(writePayload(parts, '/v', payloadOf({ a: '2' })))
  assert.equal(await parts.disk.readText('/v/a'), '1')
})

for (const path of ['../x', '/x', 'a/../../x', '']) {
  test(`writePayload refuses the path ${JSON.stringify(path)}`, async () => {
    await assert.rejects(writePayload(makeParts(), '/v', payloadOf({ [path]: '' })), /stay inside the volume/)
  })
}
