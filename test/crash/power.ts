/** Cuts the power: records one run of the workload, builds images of the disk at random moments, and verifies each. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { DiskModel } from './image.ts'
import type { CrashOptions } from './kill.ts'
import { readLog } from './operations.ts'
import { record, type Step } from './record.ts'
import { verifyStore } from './verify.ts'

/** Rejects with what the first bad image lacks; its files stay in `directory`. */
export async function cutAndVerify({ seed, directory, plant = '' }: CrashOptions, images: number): Promise<number> {
  rmSync(directory, { recursive: true, force: true })
  const store = join(directory, 'store')
  mkdirSync(store, { recursive: true })
  const steps = record({ seed, directory, plant })
  const random = simulatedRandom(`power ${seed}`)
  const cuts = Array.from({ length: images }, () => 1 + random.int(steps.length)).sort((a, b) => a - b)
  const model = new DiskModel(store)
  let [at, text] = [0, '']
  for (const [index, cut] of cuts.entries()) {
    for (; at < cut; at++) {
      const step = steps[at] as Step
      if (step.type === 'say') text += step.text
      else if (step.type !== undefined) model.apply(step)
    }
    const target = join(directory, 'image')
    rmSync(target, { recursive: true, force: true })
    model.image(target, random.stream(`image ${index}`))
    await verifyStore(join(target, 'store.db'), readLog(text), { goOn: true }).catch((error: unknown) => {
      throw new Error(`image ${index} of ${images}, cut at step ${cut} of ${steps.length}: ${messageOf(error)}`)
    })
  }
  return images
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
