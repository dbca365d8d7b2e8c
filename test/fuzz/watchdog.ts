/**
 * A decoder that never returns holds the thread, so nothing on it can say which input that was. Each input is therefore
 * left in memory that another thread looks at; when it stays there too long the process ends with the finding.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface Watchdog {
  /** Called before each input. */
  look(decoder: string, input: Uint8Array): void
  stop(): Promise<void>
}

const bytesMax = 16 * 1024
/** Numbers before the text: how many inputs there were, and how long the text of the present one is. */
const headBytes = 8

const worker = `
  const { workerData } = require('node:worker_threads')
  const { writeSync } = require('node:fs')
  const { shared, timeoutMs } = workerData
  const numbers = new Int32Array(shared, 0, 2)
  let seen = -1
  const look = () => {
    const count = Atomics.load(numbers, 0)
    if (count === seen && count > 0) {
      writeSync(2, 'takes for ever: ' + Buffer.from(shared, ${headBytes}, numbers[1]).toString() + '\\n')
      process.kill(process.pid, 'SIGKILL')
    }
    seen = count
  }
  setInterval(look, timeoutMs)
`

/** The process gets SIGKILL when one input takes between one and two times `timeoutMs`. */
export async function watchdog({ timeoutMs }: { timeoutMs: number }): Promise<Watchdog> {
  const shared = new SharedArrayBuffer(headBytes + bytesMax)
  const numbers = new Int32Array(shared, 0, 2)
  const text = new Uint8Array(shared, headBytes)
  const thread = new Worker(worker, { eval: true, execArgv: [], workerData: { shared, timeoutMs } })
  // A thread starts only while this one still has turns.
  await once(thread, 'online')
  thread.unref()
  return {
    look(decoder, input) {
      const { written } = new TextEncoder().encodeInto(`${decoder} ${Buffer.from(input).toString('base64')}`, text)
      numbers[1] = written
      Atomics.add(numbers, 0, 1)
    },
    async stop() {
      await thread.terminate()
    },
  }
}
