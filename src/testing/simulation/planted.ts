/**
 * Bugs on purpose, to see that a simulation finds such as these. Each stands around the real parts, which stay as they
 * are: between the log and the store, right in front of the server, or in a control plane's own process.
 */
import { notFound } from '../../api/errors.ts'
import type { Lease } from '../../api/types/coordination/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { RequestInfo } from '../../apiserver/request.ts'
import type { Transport, TransportReply, TransportRequest } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Store } from '../../store/store.ts'
import type { Log, LogRecord, SimulatedLog } from './log.ts'
import { infoOf } from './request-info.ts'
import type { Reached } from './server.ts'

export interface PlantedBug {
  /** Wraps the log that the store writes. */
  log?(log: SimulatedLog, clock: Clock): Log
  /** Wraps the server, for each request. */
  server?(call: ServerCall): Promise<TransportReply> | undefined
  /** Makes what wraps the requests of a control plane that starts. */
  controlPlane?(): (transport: Transport) => Transport
}

export interface ServerCall {
  request: TransportRequest
  info: RequestInfo
  send: Reached['send']
  store: Store
  random: Random
  /** Kept from request to request. */
  memory: Map<string, Uint8Array>
}

/** By name. */
export const plantedBugs: Readonly<Record<string, PlantedBug>> = {
  'a lost fsync': { log: (log, clock) => ({ ...logged(log), sync: () => late(log, clock) }) },
  'a reused revision': { log: (log) => logged(log, mergedAtEnd) },
  'a dropped watch event': { server: (call) => (call.info.verb === 'watch' ? withoutSome(call) : undefined) },
  'an event told again after a resume': {
    server: (call) => (call.info.verb === 'watch' ? fromBefore(call) : undefined),
  },
  'a stale read': { server: (call) => (call.info.verb === 'get' ? sometimesOld(call) : undefined) },
  'a double bind': { server: (call) => (call.info.subresource === 'binding' ? boundAgain(call) : undefined) },
  'an eviction without its budget': {
    server: (call) => (call.info.subresource === 'eviction' ? deleted(call) : undefined),
  },
  'a pod gone before it stopped': { server: (call) => (isPodDelete(call) ? withoutGrace(call) : undefined) },
  'a finalizer skipped': { server: (call) => (call.info.verb === 'delete' ? removed(call) : undefined) },
  'an owner taken for gone': { controlPlane: () => blindToOwners },
  'a selector that misses what comes into view': {
    server: (call) => (isSelectingWatch(call) ? withoutArrivals(call) : undefined),
  },
  'a leader that does not look at its lease': { controlPlane: () => trustingItsLease() },
  'a retry dropped': { controlPlane: () => takingFailuresForSuccess },
  'a correction without end': { server: (call) => (isRenewal(call) ? correctedAgain(call) : undefined) },
}

/** As a disk does that says "written" and writes a few seconds later. */
async function late(log: SimulatedLog, clock: Clock): Promise<void> {
  clock.after(5_000, () => void log.sync())
  await clock.sleep(1)
}

function logged(log: SimulatedLog, read = (records: readonly LogRecord[]) => records): Log {
  return {
    get records() {
      return read(log.records)
    },
    append: (record) => log.append(record),
    sync: () => log.sync(),
    crash: () => log.crash(),
  }
}

/** The last two commits that have no key in common come back as one. */
function mergedAtEnd(records: readonly LogRecord[]): readonly LogRecord[] {
  for (let at = records.length - 1; at > 0; at--) {
    const [first, second] = [records[at - 1]!, records[at]!]
    const keys = new Set(first.writes.map(({ key }) => key))
    if (second.writes.some(({ key }) => keys.has(key))) continue
    const one: LogRecord = {
      writes: [...first.writes, ...second.writes],
      expiries: [...first.expiries, ...second.expiries],
    }
    return [...records.slice(0, at - 1), one, ...records.slice(at + 1)]
  }
  return records
}

async function withoutSome({ request, send, random }: ServerCall): Promise<TransportReply> {
  const reply = await send(request)
  if (reply.body instanceof Uint8Array) return reply
  const dropping = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) if (random.int(50) !== 0) yield piece
  }
  return { ...reply, body: dropping(reply.body) }
}

function fromBefore({ request, send }: ServerCall): Promise<TransportReply> {
  const path = request.path.replace(/resourceVersion=(\d+)/, (_, version) => `resourceVersion=${Number(version) - 1}`)
  return send({ ...request, path })
}

async function sometimesOld({ request, send, random, memory }: ServerCall): Promise<TransportReply> {
  const reply = await send(request)
  if (!(reply.body instanceof Uint8Array) || reply.status !== 200) return reply
  const old = memory.get(request.path)
  if (old && random.int(4) === 0) return { ...reply, body: old }
  memory.set(request.path, reply.body)
  return reply
}

/** Some pods are bound a second time, and nobody looks whether they have a node. */
async function boundAgain({ request, info, send, store, random }: ServerCall): Promise<TransportReply> {
  const reply = await send(request)
  if (reply.status !== 201 || random.int(10) !== 0) return reply
  const { item } = await store.get(keyOf(info))
  if (!item) return reply
  const pod = jsonOf<Pod>(item.value)
  const nodeName = pod.spec?.nodeName === 'node-1' ? 'node-2' : 'node-1'
  await store.commit([{ op: 'put', key: item.key, value: bytesOf({ ...pod, spec: { ...pod.spec, nodeName } }) }])
  return reply
}

async function deleted({ request, send }: ServerCall): Promise<TransportReply> {
  const reply = await send({ ...request, method: 'DELETE', path: request.path.replace('/eviction', ''), body: noBody })
  return reply.status === 200 ? { ...reply, status: 201 } : reply
}

function isPodDelete({ request, info }: ServerCall): boolean {
  return request.method === 'DELETE' && info.resource === 'pods' && info.subresource === ''
}

function withoutGrace({ request, send }: ServerCall): Promise<TransportReply> {
  return send({ ...request, body: bytesOf({ ...jsonOf<object>(request.body), gracePeriodSeconds: 0 }) })
}

async function removed({ request, info, send, store }: ServerCall): Promise<TransportReply> {
  const reply = await send(request)
  if (reply.status === 200 && info.resource === 'configmaps') await store.commit([{ op: 'delete', key: keyOf(info) }])
  return reply
}

/** New owners are neither heard of nor found. */
function blindToOwners(transport: Transport): Transport {
  return {
    ...transport,
    async send(request) {
      const { verb, resource, name, apiGroup } = infoOf(request)
      if (resource !== 'configmaps') return transport.send(request)
      if (verb === 'get' && name.startsWith('parent-')) {
        const { status } = notFound({ group: apiGroup, plural: resource }, name)
        return { status: 404, headers: { 'content-type': 'application/json' }, body: bytesOf(status) }
      }
      const reply = await transport.send(request)
      return reply.body instanceof Uint8Array ? reply : { ...reply, body: withoutOwners(reply.body) }
    },
  }
}

async function* withoutOwners(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    const lines = Buffer.from(piece).toString().split('\n')
    yield Buffer.from(lines.filter((line) => !line.includes('"name":"parent-')).join('\n'))
  }
}

function isSelectingWatch({ request, info }: ServerCall): boolean {
  return info.verb === 'watch' && request.path.includes('Selector=')
}

async function withoutArrivals({ request, send }: ServerCall): Promise<TransportReply> {
  const reply = await send(request)
  if (reply.body instanceof Uint8Array) return reply
  const known = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces)
      if (!Buffer.from(piece).toString('latin1').startsWith('{"type":"ADDED"')) yield piece
  }
  return { ...reply, body: known(reply.body) }
}

/** Once it has led, it finds its lease always as it left it. */
function trustingItsLease(): (transport: Transport) => Transport {
  let own: Uint8Array | undefined
  return (transport) => ({
    ...transport,
    async send(request) {
      const { resource, name } = infoOf(request)
      if (resource !== 'leases' || name !== 'kube-controller-manager') return transport.send(request)
      if (own && request.method !== 'GET') own = withVersionOf(own, request.body)
      if (own) return { status: 200, headers: { 'content-type': 'application/json' }, body: own }
      const reply = await transport.send(request)
      if (request.method !== 'GET' && reply.status < 300 && reply.body instanceof Uint8Array) own = reply.body
      return reply
    },
  })
}

function withVersionOf(own: Uint8Array, sent: Uint8Array | undefined): Uint8Array {
  return bytesOf({ ...jsonOf<Lease>(own), spec: jsonOf<Lease>(sent).spec })
}

function takingFailuresForSuccess(transport: Transport): Transport {
  return {
    ...transport,
    async send(request) {
      const { resource } = infoOf(request)
      if (request.method === 'GET' || resource === 'leases' || !request.body) return transport.send(request)
      const done = { status: 200, headers: { 'content-type': 'application/json' }, body: request.body }
      const reply = await transport.send(request).catch(() => done)
      return reply.status < 409 ? reply : done
    },
  }
}

function isRenewal({ request, info }: ServerCall): boolean {
  return request.method !== 'GET' && info.namespace === 'kube-node-lease' && info.name === 'node-1'
}

/** With every third renewal, so that all seems quiet in between. */
async function correctedAgain({ request, send, store, memory }: ServerCall): Promise<TransportReply> {
  const renewals = (memory.get(request.path)?.[0] ?? 0) + 1
  memory.set(request.path, Uint8Array.of(renewals % 3))
  const { item } = renewals % 3 === 0 ? await store.get('/registry/namespaces/default') : {}
  if (item) await store.commit([{ op: 'put', key: item.key, value: item.value }])
  return await send(request)
}

const noBody = new Uint8Array()

function keyOf({ resource, namespace, name }: RequestInfo): string {
  return `/registry/${resource}/${namespace}/${name}`
}

function jsonOf<T>(bytes: Uint8Array | undefined): T {
  return JSON.parse(Buffer.from(bytes ?? noBody).toString() || '{}') as T
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
