/** Damaged input for every decoder, for as long as is asked for: `script/fuzz --minutes 60 [--decoder yaml] [--seed 5]`. */
import { parseArgs } from 'node:util'
import { decoders } from '../test/fuzz/decoders.ts'
import { fuzz } from '../test/fuzz/fuzz.ts'
import { watchdog } from '../test/fuzz/watchdog.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    decoder: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() >>> 0) },
  },
})
const chosen = decoders.filter(({ name }) => values.decoder === undefined || name === values.decoder)
if (chosen.length === 0) throw new Error(`no decoder ${values.decoder}: ${decoders.map(({ name }) => name).join(', ')}`)

const runs = 2_000
const watched = await watchdog({ timeoutMs: 20_000 })
const endMs = performance.now() + Number(values.minutes) * 60_000
const found = new Set<string>()
let inputs = 0
for (let seed = Number(values.seed); performance.now() < endMs; seed++) {
  for (const decoder of chosen) {
    const finding = await fuzz(decoder, { seed, runs, watched })
    inputs += runs
    if (!finding || found.has(decoder.name)) continue
    found.add(decoder.name)
    process.stdout.write(`${JSON.stringify(finding, undefined, 2)}\n`)
  }
}
process.stdout.write(`${inputs} inputs from seed ${values.seed}, ${found.size} decoders failed\n`)
await watched.stop()
process.exitCode = found.size > 0 ? 1 : 0
