/**
 * A server of few seats, first with as many clients as it has seats, then with ten times as many that come back at once
 * when they are turned away; meanwhile a node and a leader renew their leases. Prints what was served in both, how long
 * the slowest renewal took, what memory grew by, and what priority and fairness cost one request.
 * `node src/apiserver/flow-control/overload.bench.ts [milliseconds of each part]`, default 5,000.
 */
import { realPlatform } from '../../platform/real/platform.ts'
import { bootstrap } from '../bootstrap/bootstrap.ts'
import { type ApiRequest, requestInfoOf, type UserInfo } from '../request.ts'
import { startTestApiServer, type TestApiServer } from '../testbed/server.ts'
import { FlowControl } from './flow-control.ts'

export interface OverloadResult {
  peakPerSecond: number
  overloadPerSecond: number
  refused: number
  renewals: number
  renewalsFailed: number
  slowestRenewalMs: number
  heapGrowthMiB: number
  microsecondsPerRequest: number
}

const seats = 20
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
  const peak = await flood(api, seats, ms)
  const heapBefore = process.memoryUsage().heapUsed
  const ending = { over: false }
  const renewing = [user('system:node:n', 'system:nodes'), user('system:kube-scheduler')].map(
    async (who, index) => await renewals(api, who, `lease-${index}`, ending),
  )
  const overload = await flood(api, seats * 10, ms)
  ending.over = true
  const renewed = await Promise.all(renewing)
  const heapGrowthMiB = (process.memoryUsage().heapUsed - heapBefore) / 1024 / 1024
  await started.stop()
  await api.stop()
  return {
    peakPerSecond: peak.served / (ms / 1000),
    overloadPerSecond: overload.served / (ms / 1000),
    refused: overload.refused,
    renewals: renewed.reduce((all, { done }) => all + done, 0),
    renewalsFailed: renewed.reduce((all, { failed }) => all + failed, 0),
    slowestRenewalMs: Math.max(...renewed.map(({ slowestMs }) => slowestMs)),
    heapGrowthMiB,
    microsecondsPerRequest: costOfOne(),
  }
}

async function flood(api: TestApiServer, clients: number, ms: number) {
  const endMs = clock.monotonicMs() + ms
  const counts = { served: 0, refused: 0 }
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
  return counts
}

async function renewals(api: TestApiServer, who: UserInfo, name: string, ending: { over: boolean }) {
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

async function send(...call: Call): Promise<number> {
  return (await answerOf(...call)).status
}

async function answerOf(...[api, who, method, path, body]: Call): Promise<{ status: number; body: string }> {
  const headers = { 'content-type': 'application/json' }
  const sent = body ? { body: Buffer.from(JSON.stringify(body)) } : {}
  const reply = await api.transportFor(who).send({ method, path, headers, ...sent })
  const chunks: Uint8Array[] = []
  if (reply.body instanceof Uint8Array) chunks.push(reply.body)
  else for await (const chunk of reply.body) chunks.push(chunk)
  return { status: reply.status, body: Buffer.concat(chunks).toString() }
}

function costOfOne(rounds = 100_000): number {
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
  for (let round = 0; round < rounds; round++) {
    const entered = flow.enter(request, info, who)
    if (!(entered instanceof Promise)) entered.leave()
  }
  return ((performance.now() - startMs) * 1000) / rounds
}

if (import.meta.main) {
  console.log(JSON.stringify(await benchOverload(Number(process.argv[2] ?? 5_000)), undefined, 2))
}
