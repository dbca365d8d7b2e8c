/**
 * Answers from outside, kept for as long as they say, at most half a minute: long enough to spare the resolver a
 * burst, short enough that nobody has to wait for us. What says nothing about its time is not kept.
 */
import type { Clock } from '../../platform/clock.ts'
import { timesToLive } from './exchange.ts'

export interface AnswerCache {
  /** A copy whose times to live are what is left of them. */
  get(key: string): Uint8Array | undefined
  put(key: string, answer: Uint8Array): void
}

const keepSecondsMax = 30
/** Beyond, the oldest goes. Answers are a few hundred bytes, so this is about a megabyte. */
const entriesMax = 2_000
const answerBytesMax = 4_096

export function answerCache(clock: Clock): AnswerCache {
  const entries = new Map<string, { answer: Uint8Array; offsets: number[]; storedMs: number; expiresMs: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      const nowMs = clock.monotonicMs()
      if (nowMs >= entry.expiresMs) {
        entries.delete(key)
        return undefined
      }
      const copy = Uint8Array.from(entry.answer)
      const view = new DataView(copy.buffer)
      const agedSeconds = Math.floor((nowMs - entry.storedMs) / 1000)
      for (const offset of entry.offsets) view.setUint32(offset, Math.max(0, view.getUint32(offset) - agedSeconds))
      return copy
    },
    put(key, answer) {
      const rcode = answer[3]! & 15
      if ((rcode !== 0 && rcode !== 3) || answer.length > answerBytesMax) return
      const times = safeTimes(answer)
      if (times?.shortestSeconds === undefined || times.shortestSeconds === 0) return
      const keepMs = 1000 * Math.min(times.shortestSeconds, keepSecondsMax)
      const storedMs = clock.monotonicMs()
      entries.delete(key)
      entries.set(key, {
        answer: Uint8Array.from(answer),
        offsets: times.offsets,
        storedMs,
        expiresMs: storedMs + keepMs,
      })
      if (entries.size > entriesMax) entries.delete(entries.keys().next().value!)
    },
  }
}

/** A malformed answer is passed on, for the client to judge, but not kept. */
function safeTimes(answer: Uint8Array): ReturnType<typeof timesToLive> | undefined {
  try {
    return timesToLive(answer)
  } catch {
    return undefined
  }
}
