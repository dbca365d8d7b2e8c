import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../api/errors.ts'
import { flowcontrolV1 } from '../../api/resources.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol/v1.ts'
import { createClient } from '../../client/client-impl.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { bootstrap } from '../bootstrap/bootstrap.ts'
import { flowDefaults } from '../bootstrap/flow-defaults.ts'
import { familiesText } from '../metrics/families.ts'
import { type ApiRequest, requestInfoOf, type UserInfo } from '../request.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { dump } from './dump.ts'
import { FlowControl } from './flow-control.ts'
import { schemaFor } from './match.ts'
import type { Entered } from './request-limit.ts'
import type { ResourceLoad } from './width.ts'
import { widthOf } from './width.ts'

const defaults = flowDefaults(0).map(({ object }) => object as FlowSchema & PriorityLevelConfiguration)
const user = (name: string, ...groups: string[]): UserInfo => ({
  name,
  groups: [...groups, 'system:authenticated'],
  extra: {},
})
const kubelet = user('system:node:n', 'system:nodes')
const account = (namespace: string, name = 'a') =>
  user(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`)

function request(method: string, path: string): { request: ApiRequest; abort(): void } {
  const abort = new AbortController()
  const [pathname = '', query = ''] = path.split('?')
  const rest = { headers: {}, body: new Uint8Array(), signal: abort.signal, remoteAddress: '' }
  return { request: { method, path: pathname, query: new URLSearchParams(query), ...rest }, abort: () => abort.abort() }
}

async function control(load?: ResourceLoad, seats = { readRequestsInFlightMax: 400, writeRequestsInFlightMax: 200 }) {
  const clock = simulatedClock()
  const flow = new FlowControl({ clock, max: seats, waitMaxMs: 15_000, load: () => load })
  const kinds = { flowschemas: 'matchingPrecedence', prioritylevelconfigurations: 'type' }
  await flow.start({
    get: async () => undefined,
    list: async () => [],
    follow: async ({ plural }, { put }) => {
      const has = kinds[plural as keyof typeof kinds]
      for (const object of defaults) if (object.spec && has in object.spec) put(object as never)
    },
  } as Parameters<FlowControl['start']>[0])
  const enter = (who: UserInfo, method: string, path: string) => {
    const { request: made, abort } = request(method, path)
    return { entering: flow.enter(made, requestInfoOf(made), who), abort }
  }
  const level = (name: string) => [...flow.levels.all].find((one) => one.name === name)!
  return { flow, clock, enter, level }
}

test('schemaFor puts each client where upstream puts it', async () => {
  const { flow } = await control()
  const cases: [UserInfo, string, string, string][] = [
    [user('root', 'system:masters'), 'GET', '/api/v1/pods', 'exempt'],
    [user('anyone'), 'GET', '/livez', 'probes'],
    [
      user('system:kube-scheduler'),
      'PUT',
      '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x',
      'system-leader-election',
    ],
    [
      account('kube-system'),
      'POST',
      '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases',
      'system-leader-election',
    ],
    [account('kube-system'), 'GET', '/api/v1/pods', 'kube-system-service-accounts'],
    [kubelet, 'PATCH', '/api/v1/nodes/n/status', 'system-node-high'],
    [kubelet, 'PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n', 'system-node-high'],
    [kubelet, 'GET', '/api/v1/namespaces/a/pods/b', 'system-nodes'],
    [user('system:kube-controller-manager'), 'GET', '/api/v1/pods', 'kube-controller-manager'],
    [account('team'), 'GET', '/api/v1/pods', 'service-accounts'],
    [user('wilma'), 'GET', '/api/v1/pods', 'global-default'],
    [{ name: 'nobody', groups: [], extra: {} }, 'GET', '/api/v1/pods', 'undefined'],
  ]
  for (const [who, method, path, wanted] of cases) {
    const { request: made } = request(method, path)
    assert.equal(
      String(schemaFor(flow.levels.schemas, who, requestInfoOf(made))?.metadata.name),
      wanted,
      `${who.name} ${path}`,
    )
  }
})

test('widthOf makes long lists and much watched writes wide', () => {
  const of = (method: string, path: string, load?: ResourceLoad, most = 10) => {
    const { request: made } = request(method, path)
    return widthOf(requestInfoOf(made), made.query, load, most)
  }
  const load = { objects: 450, watchers: 35 }
  assert.equal(of('GET', '/api/v1/pods', load).seats, 5)
  assert.equal(of('GET', '/api/v1/pods?limit=50', load).seats, 1)
  assert.equal(of('GET', '/api/v1/pods?limit=50&labelSelector=a', load).seats, 5)
  assert.equal(of('GET', '/api/v1/pods?fieldSelector=metadata.name%3Dx', load).seats, 1)
  assert.equal(of('GET', '/api/v1/pods?watch=1', load).seats, 1)
  assert.equal(of('GET', '/api/v1/pods?watch=1&sendInitialEvents=true', load).seats, 5)
  assert.equal(of('GET', '/api/v1/pods', { ...load, objects: 100_000 }).seats, 10)
  assert.equal(of('GET', '/apis/elsewhere/v1/things').seats, 1)
  assert.deepEqual(of('POST', '/api/v1/namespaces/a/pods', load), { seats: 1, finalSeats: 4, additionalMs: 5 })
  assert.deepEqual(of('POST', '/api/v1/namespaces/a/pods', load, 2), { seats: 1, finalSeats: 2, additionalMs: 10 })
  assert.equal(of('POST', '/api/v1/namespaces/a/serviceaccounts/b/token', load).finalSeats, 0)
})

test('a flood of one client leaves the seats of others, and what does not fit is told to come back', async () => {
  const { enter, clock, level, flow } = await control(undefined, {
    readRequestsInFlightMax: 30,
    writeRequestsInFlightMax: 30,
  })
  let refused = 0
  const waiting: Promise<Entered>[] = []
  for (let index = 0; index < 2_000; index++) {
    try {
      const { entering } = enter(user('flood'), 'GET', '/api/v1/pods')
      if (entering instanceof Promise) waiting.push(entering)
    } catch (error) {
      assert.ok(error instanceof ApiError && error.code === 429 && error.status.details?.retryAfterSeconds === 1)
      refused += 1
    }
  }
  // Six queues of fifty.
  assert.equal(waiting.length, 300)
  assert.equal(refused, 2_000 - 300 - level('global-default').queues.seats)
  for (const who of [kubelet, user('system:kube-scheduler')]) {
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x'
    assert.equal(enter(who, 'PUT', path).entering instanceof Promise, false)
  }
  assert.match(
    dump(flow.levels, '/debug/api_priority_and_fairness/dump_priority_levels')!,
    /global-default, +6, +false, +false, +300, /,
  )
  const settled = Promise.allSettled(waiting)
  await clock.advance(16_000)
  assert.ok((await settled).every(({ status }) => status === 'rejected'))
  assert.equal(level('global-default').queues.counts.waiting, 0)
})

test('a waiting request that its client gave up gives its place away', async () => {
  const { enter, level } = await control(undefined, { readRequestsInFlightMax: 4, writeRequestsInFlightMax: 4 })
  const first: Entered[] = []
  for (;;) {
    const { entering, abort } = enter(user('u'), 'GET', '/api/v1/pods')
    if (!(entering instanceof Promise)) {
      first.push(entering)
      continue
    }
    abort()
    await assert.rejects(entering, /Too many requests/)
    break
  }
  const { entering } = enter(user('u'), 'GET', '/api/v1/pods')
  first[0]?.leave()
  first[0]?.leave()
  const entered = await entering
  entered.leave()
  assert.equal(level('global-default').queues.counts.waiting, 0)
})

test('metrics count what waits and what is served by flow schema, also after clients gave up', async () => {
  const { flow, enter, clock } = await control(undefined, { readRequestsInFlightMax: 4, writeRequestsInFlightMax: 4 })
  const values = () => {
    const lines = familiesText(flow.metrics(), 'prometheus').split('\n')
    const labels = '{priority_level="global-default",flow_schema="global-default"}'
    const of = (name: string, by = labels) =>
      Number(
        lines
          .find((line) => line.startsWith(`apiserver_${name}${by} `))
          ?.split(' ')
          .at(-1) ?? Number.NaN,
      )
    return {
      executing: of('flowcontrol_current_executing_requests'),
      seats: of('flowcontrol_current_executing_seats'),
      waiting: of('flowcontrol_current_inqueue_requests'),
      reads: of('current_inqueue_requests', '{request_kind="readOnly"}'),
      crowded: of('flowcontrol_request_dispatch_no_accommodation_total') > 0,
      gaveUp: of('flowcontrol_request_wait_duration_seconds_count', labels.replace('}', ',execute="false"}')),
      watched: of('flowcontrol_request_execution_seconds_count', labels.replace('}', ',type="watch"}')),
    }
  }
  const served = [enter(user('u'), 'GET', '/api/v1/pods?watch=true').entering as Entered]
  served[0]?.leave()
  const aborts: (() => void)[] = []
  for (let index = 0; index < 20; index++) {
    const { entering, abort } = enter(user('u'), 'GET', '/api/v1/pods')
    if (!(entering instanceof Promise)) served.push(entering)
    else {
      entering.catch(() => undefined)
      aborts.push(abort)
    }
  }
  const full = values()
  const executing = served.length - 1
  const { length: waiting } = aborts
  assert.ok(executing > 0 && waiting > 2)
  assert.deepEqual(full, {
    executing,
    seats: executing,
    waiting,
    reads: waiting,
    crowded: true,
    gaveUp: Number.NaN,
    watched: 1,
  })
  aborts[0]!()
  await clock.advance(1)
  assert.deepEqual([values().waiting, values().reads, values().gaveUp], [waiting - 1, waiting - 1, 1])
  for (const abort of aborts) abort()
  for (const entered of served) entered.leave()
  await clock.advance(1)
  assert.deepEqual(values(), { ...full, executing: 0, seats: 0, waiting: 0, reads: 0, gaveUp: waiting })
})

test('a level that wants more borrows what others do not use, and gives it back', async () => {
  const { enter, clock, level } = await control()
  const { nominal } = level('workload-low').limits
  const held: Entered[] = []
  const keep = (entering: Entered | Promise<Entered>) =>
    entering instanceof Promise
      ? void entering.then(
          (one) => held.push(one),
          () => undefined,
        )
      : void held.push(entering)
  for (let index = 0; index < 600; index++) keep(enter(account('a', `x${index}`), 'GET', '/api/v1/pods').entering)
  assert.equal(level('workload-low').queues.counts.seatsInUse, nominal)
  await clock.advance(10_001)
  enter(user('root', 'system:masters'), 'GET', '/api/v1/pods')
  assert.ok(level('workload-low').queues.seats > nominal * 1.2, String(level('workload-low').queues.seats))
  assert.ok(level('workload-high').queues.seats >= level('workload-high').limits.min)
  await clock.settle()
  for (const one of held) one.leave()
  for (let period = 0; period < 150; period++) {
    await clock.advance(10_001)
    enter(user('root', 'system:masters'), 'GET', '/api/v1/pods')
  }
  const sum = ['workload-low', 'workload-high', 'system', 'node-high', 'leader-election', 'global-default', 'catch-all']
    .map((name) => level(name).queues.seats)
    .reduce((all, seats) => all + seats, 0)
  assert.ok(Math.abs(sum - 600) <= 4, String(sum))
})

test('the server answers with the schema and level of a request, and shows them to monitors', async () => {
  const one = await startTestApiServer()
  await bootstrap({ ...one, server: one.server })
  const schemas = createClient(one.transport).of(flowcontrolV1.flowSchemas)
  const uid = (await schemas.get('global-default')).metadata.uid
  const transport = one.transportFor(user('wilma'))
  const { headers } = await transport.send({ method: 'GET', path: '/api/v1/namespaces', headers: {} })
  assert.equal(headers['x-kubernetes-pf-flowschema-uid'], uid)
  assert.match(headers['x-kubernetes-pf-prioritylevel-uid'] ?? '', /^[0-9a-f-]{36}$/)
  const text = async (path: string) => {
    const { body } = await one.transport.send({ method: 'GET', path, headers: {} })
    return body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
  }
  const metrics = await text('/metrics')
  assert.match(
    metrics,
    /apiserver_flowcontrol_dispatched_requests_total\{priority_level="global-default",flow_schema="global-default"\} 1/,
  )
  assert.match(metrics, /apiserver_flowcontrol_nominal_limit_seats\{priority_level="workload-low"\} 245/)
  assert.match(await text('/debug/api_priority_and_fairness/dump_queues'), /^PriorityLevelName, +Index, /)
  await one.stop()
})
