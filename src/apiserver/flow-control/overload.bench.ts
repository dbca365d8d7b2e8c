/**
 * A server of few seats, by turns with as many clients as it has seats and with ten times as many that come back at once
 * when they are turned away; under the latter a node and a leader renew their leases. Prints what was served in both for
 * each second of processor time, so that it does not matter what else the machine does, how long the slowest renewal
 * took, what memory grew by between the first overload and the last, and what priority and fairness cost one request.
 * `node src/apiserver/flow-control/overload.bench.ts [milliseconds of each part]`, default 5,000.
 */
import { realPlatform } from '../../platform/real/platform.ts'
import { bootstrap } from '../bootstrap/bootstrap.ts'
import { type ApiRequest, type ApiResponse, requestInfoOf, type UserInfo } from '../request.ts'
import { startTestApiServer, type TestApiServer } from '../testbed/server.ts'
import { FlowControl } from './flow-control.ts'

export interface OverloadResult {
  peakPerCpuSecond: number
  overloadPerCpuSecond: number
  /** What is served under ten times the load, as a part of the peak. */
  goodput: number
  refused: number
  renewals: number
  renewalsFailed: number
  slowestRenewalMs: number
  heapGrowthMiB: number
  microsecondsPerRequest: number
}

const seats = 20
/** Both loads take turns, so that what else the machine does falls on both. */
const rounds = 8
const { clock, random } = realPlatform()
const user = (name: string, ...groups: string[]): UserInfo => ({
  ...{ name, groups: [...groups, 'system:authenticated'], extra: {} },
})
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'

export async function benchOverload(ms: number): Promise<OverloadResult> {
  const serving = { readRequestsInFlightMax: seats / 2, writeRequestsInFlightMax: seats / 2 }
  const api = await startTestApiServer({ clock, random, serving })
  const started = await bootstrap({ ...api, server: api.server })
  for (let index = 0; index < 200; index++) {
    await send(api, user('root', 'system:masters'), 'POST', '/api/v1/namespaces/default/configmaps', {
      metadata: { name: `m${index}` },
      data: { text: 'x'.repeat(500) },
    })
  }
  await flood(api, seats, ms / 4)
  const peak = noCounts()
  const overload = noCounts()
  const renewed: Renewed[] = []
  const heaps: number[] = []
  for (let round = 0; round < rounds; round++) {
    add(peak, await flood(api, seats, ms / rounds))
    const ending = { over: false }
    const renewing = [user('system:node:n', 'system:nodes'), user('system:kube-scheduler')].map(
      async (who, index) => await renewals(api, who, `lease-${round}-${index}`, ending),
    )
    add(overload, await flood(api, seats * 10, ms / rounds))
    ending.over = true
    const inRound = await Promise.all(renewing)
    // They share the processor time; each takes a read and a write.
    for (const { done, failed } of inRound) overload.served += 2 * (done - failed)
    renewed.push(...inRound)
    globalThis.gc?.()
    heaps.push(process.memoryUsage().heapUsed)
  }
  await started.stop()
  await api.stop()
  const [peakPerCpuSecond, overloadPerCpuSecond] = [peak, overload].map(({ served, cpuMs }) => (served * 1000) / cpuMs)
  return {
    peakPerCpuSecond: peakPerCpuSecond!,
    overloadPerCpuSecond: overloadPerCpuSecond!,
    goodput: overloadPerCpuSecond! / peakPerCpuSecond!,
    refused: overload.refused,
    renewals: renewed.reduce((all, { done }) => all + done, 0),
    renewalsFailed: renewed.reduce((all, { failed }) => all + failed, 0),
    slowestRenewalMs: Math.max(...renewed.map(({ slowestMs }) => slowestMs)),
    heapGrowthMiB: (heaps.at(-1)! - heaps[0]!) / 1024 / 1024,
    microsecondsPerRequest: costOfOne(),
  }
}

const noCounts = () => ({ served: 0, refused: 0, cpuMs: 0 })
type Counts = ReturnType<typeof noCounts>

function add(sum: Counts, { served, refused, cpuMs }: Counts): void {
  sum.served += served
  sum.refused += refused
  sum.cpuMs += cpuMs
}

async function flood(api: TestApiServer, clients: number, ms: number): Promise<Counts> {
  const cpu = process.cpuUsage()
  const endMs = clock.monotonicMs() + ms
  const counts = noCounts()
  const one = async (index: number) => {
    const who = user(`client-${index}`)
    while (clock.monotonicMs() < endMs) {
      const status = await send(api, who, 'GET', '/api/v1/namespaces/default/configmaps')
      if (status === 200) counts.served += 1
      else {
        counts.refused += 1
        await clock.sleep(10)
      }
      // Clients of sockets let timers and others have their turn, too.
      await clock.sleep(0)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => one(index)))
  const { user: own, system } = process.cpuUsage(cpu)
  counts.cpuMs = (own + system) / 1000
  return counts
}

interface Renewed {
  done: number
  failed: number
  slowestMs: number
}

async function renewals(api: TestApiServer, who: UserInfo, name: string, ending: { over: boolean }): Promise<Renewed> {
  const result = { done: 0, failed: 0, slowestMs: 0 }
  const spec = { holderIdentity: who.name }
  await send(api, who, 'POST', leases, { metadata: { name }, spec })
  while (!ending.over) {
    const startMs = clock.monotonicMs()
    const { status, body } = await answerOf(api, who, 'GET', `${leases}/${name}`)
    const updated = status === 200 && (await send(api, who, 'PUT', `${leases}/${name}`, JSON.parse(body)))
    if (updated !== 200) result.failed += 1
    result.done += 1
    result.slowestMs = Math.max(result.slowestMs, clock.monotonicMs() - startMs)
    await clock.sleep(20)
  }
  return result
}

type Call = [api: TestApiServer, who: UserInfo, method: 'GET' | 'POST' | 'PUT', path: string, body?: object]

/** What is sent is let go at once, as it is when a socket has taken it. */
async function send(...call: Call): Promise<number> {
  const { status, body, giveBack } = await responseTo(...call)
  if (!(body instanceof Uint8Array)) for await (const piece of body) giveBack?.(piece)
  return status
}

async function answerOf(...call: Call): Promise<{ status: number; body: string }> {
  const { status, body } = await responseTo(...call)
  const chunks = body instanceof Uint8Array ? [body] : await Array.fromAsync(body)
  return { status, body: Buffer.concat(chunks).toString() }
}

async function responseTo(...[{ server }, who, method, path, body]: Call): Promise<ApiResponse> {
  return await server.handle({
    ...{ method, path, query: new URLSearchParams(), headers: { 'content-type': 'application/json' } },
    ...{ body: body ? Buffer.from(JSON.stringify(body)) : new Uint8Array(), signal: stays, remoteAddress: '' },
    user: who,
  })
}

/** Clients do not go away. */
const stays = new AbortController().signal

function costOfOne(times = 100_000): number {
  const max = { readRequestsInFlightMax: 400, writeRequestsInFlightMax: 200 }
  const flow = new FlowControl({ clock, max, waitMaxMs: 15_000, load: () => ({ objects: 10, watchers: 1 }) })
  const rest = { headers: {}, body: new Uint8Array(), signal: new AbortController().signal, remoteAddress: '' }
  const request: ApiRequest = {
    method: 'GET',
    path: '/api/v1/namespaces/a/pods',
    query: new URLSearchParams(),
    ...rest,
  }
  const info = requestInfoOf(request)
  const who = user('wilma')
  const startMs = performance.now()
  for (let round = 0; round < times; round++) {
    const entered = flow.enter(request, info, who)
    if (!(entered instanceof Promise)) entered.leave()
  }
  return ((performance.now() - startMs) * 1000) / times
}

if (import.meta.main) {
  console.log(JSON.stringify(await benchOverload(Number(process.argv[2] ?? 5_000)), undefined, 2))
}
