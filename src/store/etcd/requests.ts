/** The store's questions in etcd's words. */
import { prefixEnd } from '../commit-plan.ts'
import type { Write } from '../store.ts'
import type { Method } from './endpoints.ts'
import { noSpaceMessage } from './failures.ts'
import type { AlarmReply } from './messages.ts'

export const methods = {
  range: { path: 'KV/Range', request: 'RangeRequest', reply: 'RangeResponse', repeatable: true },
  txn: { path: 'KV/Txn', request: 'TxnRequest', reply: 'TxnResponse', repeatable: false },
  compact: { path: 'KV/Compact', request: 'CompactionRequest', reply: 'CompactionResponse', repeatable: true },
  /** A lease that nobody came to know of ends by itself. */
  leaseGrant: { path: 'Lease/LeaseGrant', request: 'LeaseGrantRequest', reply: 'LeaseGrantResponse', repeatable: true },
  alarm: { path: 'Maintenance/Alarm', request: 'AlarmRequest', reply: 'AlarmResponse', repeatable: true },
  status: { path: 'Maintenance/Status', request: 'StatusRequest', reply: 'StatusResponse', repeatable: true },
} satisfies Record<string, Method>

const firstKey = Uint8Array.of(0)
const afterLastKey = Uint8Array.of(0)

/** Keys below a prefix, from behind `after` on. */
export function rangeOf(prefix: string, after?: string): { key: Uint8Array; range_end: Uint8Array } {
  const start = after !== undefined && after >= prefix ? `${after}\0` : prefix
  const end = prefixEnd(prefix)
  return {
    key: start === '' ? firstKey : Buffer.from(start),
    range_end: end === undefined ? afterLastKey : Buffer.from(end),
  }
}

/** A transaction that writes all or, when an expectation fails, reads what is there. */
export async function requestOf(
  writes: readonly Write[],
  leaseFor: (ttlSeconds: number) => Promise<number | bigint>,
): Promise<object> {
  const success = await Promise.all(
    writes.map(async (write) => {
      const key = Buffer.from(write.key)
      if (write.op === 'delete') return { request_delete_range: { key } }
      const lease = write.ttlSeconds ? { lease: await leaseFor(write.ttlSeconds) } : {}
      return { request_put: { key, value: write.value, ...lease } }
    }),
  )
  const compared = writes.filter(({ expected }) => expected !== undefined)
  return {
    success,
    compare: compared.map(({ key, expected }) => ({
      ...{ result: 'EQUAL', target: 'MOD', key: Buffer.from(key), mod_revision: expected },
    })),
    failure: compared.map(({ key }) => ({ request_range: { key: Buffer.from(key) } })),
  }
}

export function problemOfAlarms({ alarms = [] }: AlarmReply): string | undefined {
  if (alarms.some(({ alarm }) => alarm === 'CORRUPT')) return 'etcd found its data corrupt (alarm CORRUPT)'
  if (alarms.some(({ alarm }) => alarm === 'NOSPACE')) return noSpaceMessage
  return undefined
}
