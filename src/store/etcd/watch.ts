/**
 * A watch on etcd that goes on when members, leaders and connections come and go: it resumes after the last revision it
 * delivered. It follows the whole key space and picks its own keys, so that it learns of every revision: that tells how
 * far it got, without progress requests, which etcd before 3.4.25 and 3.5.8 may answer before earlier events.
 */
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import { GrpcError, grpcCode } from '../../platform/grpc.ts'
import { CompactedError, type KeyValue, type StoreEvent, type WatchBatch, type WatchOptions } from '../store.ts'
import { type Endpoints, requireLeader } from './endpoints.ts'
import { decode, type EtcdKeyValue, encode, type WatchReply } from './messages.ts'

/** Throws `CompactedError`, and what etcd says to a watch that it will never serve. */
export async function* watchEtcd(
  endpoints: Endpoints,
  clock: Clock,
  { prefix, fromRevision, signal }: WatchOptions,
): AsyncGenerator<WatchBatch> {
  let next = Math.max(1, fromRevision)
  while (!signal.aborted) {
    const member = endpoints.current
    try {
      for await (const reply of replies(endpoints, member, next, signal)) {
        for (const batch of batchesOf(reply, prefix, next)) {
          next = batch.revision + 1
          yield batch
          if (signal.aborted) return
        }
      }
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof GrpcError)) throw error
    }
    endpoints.leave(member)
    await clock.sleep(limits.etcdRetryMs, signal).catch(() => undefined)
  }
}

const everything = { key: Uint8Array.of(0), range_end: Uint8Array.of(0) }

async function* replies(
  endpoints: Endpoints,
  member: number,
  startRevision: number,
  signal: AbortSignal,
): AsyncGenerator<WatchReply> {
  const left = new AbortController()
  const create = { ...everything, start_revision: startRevision, prev_kv: true, fragment: true }
  const either = AbortSignal.any([signal, left.signal])
  const stream = endpoints
    .channel(member)
    .duplexStream('/etcdserverpb.Watch/Watch', openRequest(create, either), { metadata: requireLeader, signal: either })
  let parts: WatchReply | undefined
  try {
    for await (const bytes of stream) {
      const reply = decode<WatchReply>('WatchResponse', bytes)
      if (reply.canceled) throw cancelled(reply)
      if (reply.created) continue
      const whole: WatchReply = parts ? { ...reply, events: [...(parts.events ?? []), ...(reply.events ?? [])] } : reply
      parts = reply.fragment ? whole : undefined
      if (!reply.fragment) yield whole
    }
  } finally {
    left.abort(new Error('the watch was left'))
  }
}

/** One request, and then the stream stays open until the watch is left. */
async function* openRequest(create: object, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield encode('WatchRequest', { create_request: create })
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

function cancelled({ compact_revision, cancel_reason = 'the watch was cancelled' }: WatchReply): Error {
  // etcd was compacted one revision below what it keeps whole: see `EtcdStore.compact`.
  if (compact_revision) return new CompactedError(compact_revision + 1)
  return new GrpcError(grpcCode.unavailable, cancel_reason)
}

/** One batch a revision, and an empty one for revisions at the end that are not the watch's own. */
function batchesOf({ events = [] }: WatchReply, prefix: string, next: number): WatchBatch[] {
  const batches: WatchBatch[] = []
  let reached = 0
  for (const { type, kv, prev_kv } of events) {
    const revision = kv.mod_revision
    if (revision < next) continue
    reached = revision
    const key = Buffer.from(kv.key).toString()
    if (!key.startsWith(prefix)) continue
    const previous = prev_kv && itemOf(prev_kv)
    const event: StoreEvent =
      type === 'DELETE' ? { type: 'delete', key, revision, previous } : { type: 'put', item: itemOf(kv), previous }
    const last = batches.at(-1)
    if (last?.revision === revision) last.events.push(event)
    else batches.push({ revision, events: [event] })
  }
  if (reached >= next && batches.at(-1)?.revision !== reached) batches.push({ revision: reached, events: [] })
  return batches
}

const noBytes = new Uint8Array()

export function itemOf({ key, value = noBytes, create_revision, mod_revision }: EtcdKeyValue): KeyValue {
  return { key: Buffer.from(key).toString(), value, createRevision: create_revision, modRevision: mod_revision }
}
