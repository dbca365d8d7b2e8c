/**
 * Some hundred damaged inputs for each decoder, from seeds that are kept and one of this run. A seed that ever found
 * something stays. Long runs: `script/fuzz --minutes 60`.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import { decoders } from './decoders.ts'
import { type Decoder, fuzz, tried } from './fuzz.ts'
import { kept } from './kept.ts'
import { watchdog } from './watchdog.ts'

const seeds = [1, 20261122]
const runs = 100
const watched = await watchdog({ timeoutMs: 20_000 })
after(() => watched.stop())

for (const decoder of decoders) {
  test(`damaged input for ${decoder.name} is read or refused`, async () => {
    for (const input of decoder.corpus) assert.equal(await tried(decoder, Buffer.from(input)), undefined)
    const fresh = Math.floor(performance.timeOrigin + performance.now()) >>> 0
    for (const seed of [...seeds, fresh]) assert.equal(await fuzz(decoder, { seed, runs, watched }), undefined)
  })
}

for (const { decoder: name, input, story } of kept) {
  test(`${name} takes what once broke it: ${story}`, async () => {
    const decoder = decoders.find((one) => one.name === name)
    assert.ok(decoder, name)
    const bytes = Buffer.from(input, 'base64')
    watched.look(name, bytes)
    assert.equal(await tried(decoder, bytes), undefined)
  })
}

/** A decoder with a bug that only some inputs reach. */
const planted: Decoder = {
  name: 'planted',
  corpus: ['key: value'],
  decode(input) {
    const [, value] = input.toString().split(':')
    return value!.trim().length
  },
  refusals: [],
}

test('fuzz finds a planted bug, names its seed and input, and finds it again by them', async () => {
  const found = await fuzz(planted, { seed: 1, runs: 1_000 })
  assert.match(found?.why ?? '', /TypeError/)
  const again = await fuzz(planted, { seed: found!.seed, runs: 1_000 })
  assert.equal(again?.input, found!.input)
  assert.match((await tried(planted, Buffer.from(found!.input, 'base64'))) ?? '', /TypeError/)
})

test('fuzz finds what pollutes the prototype of all objects', async () => {
  const polluting: Decoder = {
    ...planted,
    decode: () => Object.assign(Object.prototype, { polluted: true }),
  }
  try {
    assert.match((await fuzz(polluting, { seed: 1, runs: 1 }))?.why ?? '', /prototype of all objects/)
  } finally {
    delete (Object.prototype as { polluted?: boolean }).polluted
  }
})

test('watchdog ends a process whose decoder never returns, and tells by which input', () => {
  const script = `
    import { fuzz } from '${import.meta.resolve('./fuzz.ts')}'
    import { watchdog } from '${import.meta.resolve('./watchdog.ts')}'
    const endless = { name: 'endless', corpus: ['a'], refusals: [], decode() { for (;;); } }
    await fuzz(endless, { seed: 1, runs: 1, watched: await watchdog({ timeoutMs: 100 }) })
  `
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(signal, 'SIGKILL')
  assert.match(stderr, /takes for ever: endless [A-Za-z0-9+/=]*\n/)
})
