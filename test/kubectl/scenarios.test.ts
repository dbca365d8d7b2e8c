/** Runs `scenarios/*.txt` with the real kubectl and Helm; see `scenario.ts` for their form. One cluster for each file. */
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { type Bed, startBed } from './harness.ts'
import { parseScenarios, printScenarios, runScenario } from './scenario.ts'
import { skip } from './tools.ts'

const { disk } = realPlatform()
const directory = join(import.meta.dirname, 'scenarios')
const update = Boolean(process.env.K8TS_UPDATE)
const only = process.env.K8TS_SCENARIO

for (const name of await disk.list(directory)) {
  if (!name.endsWith('.txt') || (only && name !== `${only}.txt`)) continue
  const path = join(directory, name)
  const text = await disk.readText(path)
  const parsed = parseScenarios(text)
  // What changes the cluster itself goes one after the other.
  const concurrency = parsed.head.includes('one after the other') ? 1 : 4
  describe(name.replace('.txt', ''), { concurrency, skip }, () => {
    let bed: Bed
    before(async () => {
      bed = await startBed()
    })
    after(async () => {
      await bed[Symbol.asyncDispose]()
      if (update) await disk.write(path, printScenarios(parsed), { mode: 0o644 })
    })
    for (const scenario of parsed.scenarios) {
      test(scenario.title, () => runScenario(bed, scenario, { update }))
    }
  })
}
