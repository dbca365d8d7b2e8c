/**
 * Forgets history on an etcd that several API servers share: once per age one of them does, for all. They agree by a key
 * of their own, the one that kube-apiserver uses (`compact_rev_key`), so that both kinds take turns: who moves its
 * version on by a transaction compacts to the revision that was current one age ago.
 */
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import type { Endpoints } from './endpoints.ts'
import type { RangeReply, TxnReply } from './messages.ts'
import { methods } from './requests.ts'

export interface CompactionParts {
  endpoints: Endpoints
  clock: Clock
  historyAgeMs: number
  compact(revision: number): Promise<void>
}

const key = Buffer.from('compact_rev_key')

/** Runs until it is cancelled. A round that fails is left out. */
export function compactTogether({ endpoints, clock, historyAgeMs, compact }: CompactionParts): CancelTimer {
  let known = { version: 0, revision: 0 }
  let running = false
  const round = async (): Promise<void> => {
    const { header } = await endpoints.call<RangeReply>(methods.range, { key })
    const reply = await endpoints.call<TxnReply>(methods.txn, {
      compare: [{ result: 'EQUAL', target: 'VERSION', key, version: known.version }],
      success: [{ request_put: { key, value: Buffer.from(String(header.revision)) } }],
      failure: [{ request_range: { key } }],
    })
    if (reply.succeeded) {
      const aged = known.revision
      known = { version: known.version + 1, revision: header.revision }
      if (aged > 0) await compact(aged)
      return
    }
    // Another server was first: its mark is ours from now on.
    const found = reply.responses?.[0]?.response_range?.kvs?.[0]
    known = { version: found?.version ?? 0, revision: reply.header.revision }
  }
  return clock.every(historyAgeMs, () => {
    if (running) return
    running = true
    round()
      .catch(() => undefined)
      .finally(() => {
        running = false
      })
  })
}
