/**
 * `script/crash`: kills and power cuts by the thousand.
 *
 *     script/crash [--kills 1000] [--images 5000] [--seed 1] [--plant no-sync|no-file-sync|in-pieces]
 *
 * Each seed stands for four kills or fifty images. A failing one is named with the command that runs it again; its files
 * are left in the directory that is named too.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killAndVerify } from './kill.ts'
import { cutAndVerify } from './power.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    images: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    plant: { type: 'string', default: '' },
  },
})
const kinds = [
  { name: 'kills', run: killAndVerify, each: 4 },
  { name: 'images', run: cutAndVerify, each: 50 },
] as const
let failures = 0

for (const { name, run, each } of kinds) {
  const wanted = Number(values[name])
  const startMs = performance.now()
  let done = 0
  for (let seed = Number(values.seed); done < wanted; seed++) {
    const directory = mkdtempSync(join(tmpdir(), 'k8ts-crash-'))
    try {
      done += await run({ seed, directory, plant: values.plant }, Math.min(each, wanted - done))
      rmSync(directory, { recursive: true })
    } catch (error) {
      failures++
      done += each
      const others = kinds.filter((kind) => kind.name !== name).map((kind) => `--${kind.name} 0`)
      const again = ['script/crash', `--seed ${seed}`, `--${name} ${each}`, ...others]
      if (values.plant) again.push(`--plant ${values.plant}`)
      console.log(
        `FAILED: ${error instanceof Error ? error.message : error}\n  again: ${again.join(' ')}\n  files: ${directory}`,
      )
    }
  }
  if (wanted > 0)
    console.log(
      `${name}: ${done} in ${Math.round((performance.now() - startMs) / 1_000)} s, ${failures} failures so far`,
    )
}
process.exitCode = failures > 0 ? 1 : 0
