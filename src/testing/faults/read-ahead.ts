/** Reads a watch as it comes, for who hands its events on late. */
import { limits } from '../../limits.ts'

export interface Dated {
  piece: Uint8Array
  dueMs: number
}

/** Notes when each piece came, however late the one before it is taken. Beyond the limit nothing more is read ahead. */
export async function* readAhead(body: AsyncIterable<Uint8Array>, dueMs: () => number): AsyncGenerator<Dated> {
  const pieces: Dated[] = []
  let wake: () => void = () => undefined
  const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve))
  let open = true
  const reading = (async () => {
    for await (const piece of body) {
      pieces.push({ piece, dueMs: dueMs() })
      wake()
      while (open && pieces.length >= limits.watchBufferEventsMax) await changed()
      if (!open) return
    }
  })().finally(() => {
    open = false
    wake()
  })
  // Who is still waiting learns of a failure below.
  reading.catch(() => undefined)
  try {
    for (;;) {
      const next = pieces.shift()
      wake()
      if (next) yield next
      else if (open) await changed()
      else return await reading
    }
  } finally {
    open = false
    wake()
  }
}
