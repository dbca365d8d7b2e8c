/** Kills the workload (SIGKILL) after a number of answers that follows from the seed, several times on the same file. */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { type Log, readLog } from './operations.ts'
import { verifyStore } from './verify.ts'

export const workload = fileURLToPath(new URL('./workload.ts', import.meta.url))

export interface CrashOptions {
  seed: number
  /** Emptied before. Left as it is after a failure, for who looks into it. */
  directory: string
  plant?: string
}

/** Resolves with the number of kills. Rejects with what was lost or is wrong. */
export async function killAndVerify({ seed, directory, plant = '' }: CrashOptions, kills: number): Promise<number> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const random = simulatedRandom(`kill ${seed}`)
  const path = join(directory, 'store.db')
  const all: Log = { begun: new Map(), answered: new Map() }
  for (let kill = 0; kill < kills; kill++) {
    const answers = 1 + random.int(250)
    const first = 1 + Math.max(0, ...all.begun.keys())
    const text = await runUntil([path, `${seed}.${kill}`, '100000', String(first), plant], answers, random.int(3))
    const log = readLog(text)
    for (const [number, begun] of log.begun) all.begun.set(number, begun)
    for (const [number, answer] of log.answered) all.answered.set(number, answer)
    await verifyStore(path, all)
  }
  return kills
}

/** The process's lines until it was killed, some milliseconds after so many answers. */
async function runUntil(argv: string[], answers: number, delayMs: number): Promise<string> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', workload, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  let text = ''
  let counted = 0
  let killing = false
  for await (const chunk of child.stdout) {
    text += chunk
    counted += String(chunk).split('\nA ').length - 1
    if (counted >= answers && !killing) {
      killing = true
      setTimeout(() => child.kill('SIGKILL'), delayMs)
    }
  }
  await exited
  return text
}
