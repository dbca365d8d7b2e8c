import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { Service } from '../../api/types/core/v1.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/store.ts'
import { TestCaller } from '../testbed/caller.ts'
import { bitsOf, nodePortsKey, portsIn } from './node-port-table.ts'

const range = { first: 30_000, last: 30_019 }
const path = '/api/v1/namespaces/default/services'
let clock: ReturnType<typeof simulatedClock>
let store: Store

beforeEach(() => {
  clock = simulatedClock()
  store = memoryStore({ clock })
})

/** Several API servers on one store, as on one etcd. */
async function withServers(count: number, body: (...callers: TestCaller[]) => Promise<void>): Promise<void> {
  const options = { store, clock, log: silent, services: { serviceCidrs: ['10.96.0.0/16'], nodePorts: range } }
  const callers: TestCaller[] = []
  for (let index = 0; index < count; index++) callers.push(await TestCaller.start(options))
  try {
    await body(...callers)
  } finally {
    for (const { api } of callers) await api.stop()
  }
}

const service = (name: string, nodePort?: number) => ({
  metadata: { name },
  spec: { type: 'NodePort', ports: [{ port: 80, ...(nodePort ? { nodePort } : {}) }] },
})

async function table(): Promise<number[]> {
  const { item } = await store.get(nodePortsKey)
  const { data } = JSON.parse(Buffer.from(item!.value).toString())
  return [...portsIn(Buffer.from(data, 'base64'), range)]
}

test('two API servers on one store never give one node port twice, however close together they are asked', async () => {
  await withServers(2, async (one, two) => {
    for (let index = 0; index < 6; index++) {
      const port = 30_000 + index
      const both = [
        one.call('POST', path, service(`a${index}`, port)),
        two.call('POST', path, service(`b${index}`, port)),
      ]
      assert.deepEqual((await Promise.all(both)).map(({ status }) => status).sort(), [201, 422])
    }
    const more = Array.from({ length: 14 }, (_, index) =>
      (index % 2 ? one : two).call('POST', path, service(`m${index}`)),
    )
    assert.deepEqual(new Set((await Promise.all(more)).map(({ status }) => status)), new Set([201]))
    const { body } = await one.get(path)
    const ports = body.items.flatMap((each: Service) => each.spec?.ports?.[0]?.nodePort ?? [])
    assert.deepEqual([new Set(ports).size, ports.length], [20, 20])
    assert.deepEqual(
      await table(),
      Array.from({ length: 20 }, (_, index) => 30_000 + index),
    )
  })
})

test('a node port is free again at once when its Service changes or goes, on every server', async () => {
  await withServers(2, async (one, two) => {
    assert.equal((await one.call('POST', path, service('a', 30_003))).status, 201)
    assert.equal((await two.call('POST', path, service('b', 30_003))).status, 422)
    const changed = { spec: { type: 'ClusterIP', ports: [{ port: 80, nodePort: null }] } }
    await two.call('PATCH', `${path}/a`, changed, { contentType: 'application/merge-patch+json' })
    assert.deepEqual(await table(), [])
    assert.equal((await one.call('POST', path, service('b', 30_003))).status, 201)
    await two.call('DELETE', `${path}/b`)
    assert.equal((await one.call('POST', path, service('c', 30_003))).status, 201)
    assert.equal((await one.call('POST', `${path}?dryRun=All`, service('d', 30_009))).status, 201)
    assert.deepEqual(await table(), [30_003])
  })
})

test('ports that another kind of server took count, and those it left behind are free after a while', async () => {
  const data = bitsOf([30_001, 30_017], range).toString('base64')
  const value = JSON.stringify({ kind: 'RangeAllocation', apiVersion: 'v1', metadata: {}, range: '30000-30019', data })
  await store.commit([{ op: 'put', key: nodePortsKey, value: Buffer.from(value) }])
  await withServers(1, async (caller) => {
    assert.equal((await caller.call('POST', path, service('a', 30_017))).status, 422)
    await clock.advance(10 * 60_000)
    assert.equal((await caller.call('POST', path, service('a', 30_017))).status, 201)
    assert.deepEqual(await table(), [30_017])
  })
})

test('a Service that the table does not know is added to it', async () => {
  await withServers(1, async (caller) => {
    await caller.call('POST', path, service('a', 30_004))
    await store.commit([{ op: 'delete', key: nodePortsKey }])
    await caller.call('POST', path, service('b', 30_006))
    assert.deepEqual(await table(), [30_004, 30_006])
  })
})

test('bitsOf writes the bytes that kube-apiserver writes', () => {
  assert.equal(bitsOf([30_000, 30_009], range).toString('hex'), '0201')
  assert.equal(bitsOf([], range).length, 0)
  assert.deepEqual([...portsIn(Buffer.from('0201', 'hex'), range)], [30_000, 30_009])
})
