import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import type { Container, Pod, ResourceRequirements } from '../../api/types/core/v1.ts'
import { startTestNode, type TestNode, type TestNodeOptions, testNamespace } from '../test-node.test.ts'

const image = 'busybox:1'
const command = ['sleep', '100000']

function container(name: string, resources: ResourceRequirements, more: Partial<Container> = {}): Container {
  return { name, image, command, resources, ...more }
}

function amounts(cpu: string, memory: string): ResourceRequirements {
  return { requests: { cpu, memory }, limits: { cpu, memory } }
}

async function withNode(work: (node: TestNode) => Promise<void>, options: TestNodeOptions = {}): Promise<void> {
  const node = await startTestNode(options)
  try {
    await work(node)
  } finally {
    await node.stop()
  }
}

async function started(node: TestNode, name: string, spec: Parameters<TestNode['create']>[1]): Promise<Pod> {
  await node.create(name, spec)
  await node.pass(1000)
  return node.get(name)
}

/** As `kubectl patch --subresource resize` asks. */
async function resize(
  node: TestNode,
  name: string,
  change: (spec: NonNullable<Pod['spec']>) => void,
  waitMs = 1000,
): Promise<Pod> {
  const pod = structuredClone(await node.get(name))
  if (pod.spec) change(pod.spec)
  await node.client.of(coreV1.pods, testNamespace).updateSub(name, 'resize', pod)
  await node.pass(waitMs)
  return node.get(name)
}

function to(resources: ResourceRequirements, index = 0): (spec: NonNullable<Pod['spec']>) => void {
  return (spec) => {
    const found = spec.containers[index]
    if (found) found.resources = resources
  }
}

function conditions({ status }: Pod): string[] {
  return (status?.conditions ?? [])
    .filter(({ type }) => type.startsWith('PodResize'))
    .map(
      ({ type, reason = '', message = '', observedGeneration }) =>
        `${type} ${reason} ${observedGeneration}: ${message}`,
    )
}

function resourcesInStatus({ status }: Pod, index = 0): unknown {
  const found = status?.containerStatuses?.[index]
  return [found?.resources, found?.allocatedResources, found?.restartCount]
}

async function inRuntime(node: TestNode, name: string) {
  const found = (await node.runtime.runtime.listContainers()).filter(
    ({ labels, state }) => labels?.['io.kubernetes.container.name'] === name && state === 'CONTAINER_RUNNING',
  )
  const status = await node.runtime.runtime.containerStatus(found[0]?.id ?? '')
  return status.resources?.linux
}

test('startKubelet resizes a running container without a restart', () =>
  withNode(async (node) => {
    const before = await started(node, 'p', { containers: [container('c', amounts('100m', '64Mi'))] })
    assert.deepEqual(resourcesInStatus(before), [amounts('100m', '64Mi'), { cpu: '100m', memory: '64Mi' }, 0])
    const after = await resize(node, 'p', to(amounts('200m', '128Mi')))
    assert.deepEqual(resourcesInStatus(after), [amounts('200m', '128Mi'), { cpu: '200m', memory: '128Mi' }, 0])
    assert.deepEqual(conditions(after), [])
    assert.equal(after.status?.observedGeneration, 2)
    assert.deepEqual(
      [after.status?.resources, after.status?.allocatedResources],
      [amounts('200m', '128Mi'), { cpu: '200m', memory: '128Mi' }],
    )
    const linux = await inRuntime(node, 'c')
    assert.deepEqual([linux?.cpuQuota, linux?.cpuShares, linux?.memoryLimitInBytes], [20_000, 204, 128 * 2 ** 20])
    const cgroup = `/sys/fs/cgroup/memory/kubepods/pod${after.metadata.uid}`
    assert.equal(await node.disk.readText(`${cgroup}/memory.limit_in_bytes`), String(128 * 2 ** 20))
    const json =
      '{"containers":[{"name":"c","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"200m","memory":"128Mi"}}}],"generation":2}'
    assert.deepEqual((await node.events('p')).slice(-2), [
      `ResizeStarted ×1: Pod resize started: ${json}`,
      `ResizeCompleted ×1: Pod resize completed: ${json}`,
    ])
  }))

test('startKubelet restarts a container whose policy wants it, and only for that resource', () =>
  withNode(async (node) => {
    const resizePolicy = [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'RestartContainer' },
    ] as NonNullable<Container['resizePolicy']>
    await started(node, 'p', { containers: [container('c', amounts('100m', '64Mi'), { resizePolicy })] })
    const faster = await resize(node, 'p', to(amounts('200m', '64Mi')))
    assert.deepEqual(resourcesInStatus(faster), [amounts('200m', '64Mi'), { cpu: '200m', memory: '64Mi' }, 0])
    const larger = await resize(node, 'p', to(amounts('200m', '96Mi')), 4000)
    assert.deepEqual(resourcesInStatus(larger), [amounts('200m', '96Mi'), { cpu: '200m', memory: '96Mi' }, 1])
    assert.equal((await inRuntime(node, 'c'))?.memoryLimitInBytes, 96 * 2 ** 20)
    assert.ok((await node.events('p')).includes('Killing ×1: Container c resize requires restart'))
  }))

test('startKubelet defers a resize until another pod ends, the more important one first', () =>
  withNode(async (node) => {
    const small = [container('c', amounts('200m', '64Mi'))]
    await node.create('low', { containers: small })
    await node.create('high', { containers: small, priority: 1000 })
    await started(node, 'big', { containers: [container('c', amounts('1500m', '64Mi'))] })
    const low = await resize(node, 'low', to(amounts('1500m', '64Mi')))
    const why = "Node didn't have enough resource: cpu, requested: 1500, used: 1700, capacity: 2000"
    assert.deepEqual(conditions(low), [`PodResizePending Deferred 2: ${why}`])
    assert.deepEqual(resourcesInStatus(low), [amounts('200m', '64Mi'), { cpu: '200m', memory: '64Mi' }, 0])
    assert.match(
      (await node.events('low')).join('\n'),
      /ResizeDeferred ×1: Pod resize Deferred: .*"error":"Node didn't/,
    )
    await resize(node, 'high', to(amounts('1500m', '64Mi')))
    await node.client.of(coreV1.pods, testNamespace).delete('big', { gracePeriodSeconds: 0 })
    await node.pass(5000)
    assert.deepEqual(resourcesInStatus(await node.get('high')), [
      amounts('1500m', '64Mi'),
      { cpu: '1500m', memory: '64Mi' },
      0,
    ])
    const still = await node.get('low')
    assert.match(conditions(still).join(), /PodResizePending Deferred 2: .*used: 1500/)
    const shrunk = await resize(node, 'high', to(amounts('100m', '64Mi')), 3000)
    assert.deepEqual(conditions(shrunk), [])
    assert.deepEqual(conditions(await node.get('low')), [])
    assert.equal((await inRuntime(node, 'c'))?.cpuShares, 1536)
  }))

test('startKubelet keeps what is set aside when it is restarted, and a deferred resize with it', () =>
  withNode(async (node) => {
    await node.create('big', { containers: [container('c', amounts('1500m', '64Mi'))] })
    await started(node, 'p', { containers: [container('d', amounts('200m', '64Mi'))] })
    await resize(node, 'p', to(amounts('1', '64Mi')))
    await node.restart()
    await node.pass(1000)
    const waiting = await node.get('p')
    assert.deepEqual(resourcesInStatus(waiting), [amounts('200m', '64Mi'), { cpu: '200m', memory: '64Mi' }, 0])
    assert.match(conditions(waiting).join(), /PodResizePending Deferred 2/)
    assert.equal((await inRuntime(node, 'd'))?.cpuShares, 204)
    const taken = await resize(node, 'p', to(amounts('300m', '64Mi')))
    assert.deepEqual(conditions(taken), [])
    assert.equal((await inRuntime(node, 'd'))?.cpuShares, 307)
  }))

test('startKubelet forgets a deferred resize that is taken back', () =>
  withNode(async (node) => {
    await node.create('big', { containers: [container('c', amounts('1500m', '64Mi'))] })
    await started(node, 'p', { containers: [container('d', amounts('200m', '64Mi'))] })
    const deferred = await resize(node, 'p', to(amounts('1', '64Mi')))
    assert.equal(conditions(deferred).length, 1)
    const back = await resize(node, 'p', to(amounts('200m', '64Mi')))
    assert.deepEqual(conditions(back), [])
    assert.equal(back.status?.observedGeneration, 3)
  }))

test('startKubelet says why a resize fails, and goes on when it is possible', () => {
  let broken = true
  const resizeError = () => (broken ? 'the kernel says no' : undefined)
  return withNode(
    async (node) => {
      await started(node, 'p', { containers: [container('c', amounts('100m', '64Mi'))] })
      const failed = await resize(node, 'p', to(amounts('200m', '64Mi')))
      assert.deepEqual(conditions(failed), ['PodResizeInProgress Error 2: the kernel says no'])
      assert.match(
        (await node.events('p')).join('\n'),
        /ResizeError ×1: Pod resize error: .*"error":"the kernel says no"/,
      )
      assert.deepEqual(resourcesInStatus(failed), [amounts('100m', '64Mi'), { cpu: '200m', memory: '64Mi' }, 0])
      broken = false
      await node.pass(30_000)
      const done = await node.get('p')
      assert.deepEqual(conditions(done), [])
      assert.deepEqual(resourcesInStatus(done), [amounts('200m', '64Mi'), { cpu: '200m', memory: '64Mi' }, 0])
    },
    { runtime: { resizeError } },
  )
})

test('startKubelet does not lower a memory limit below what is in use', () =>
  withNode(
    async (node) => {
      await started(node, 'p', { containers: [container('c', amounts('100m', '64Mi'))] })
      const refused = await resize(node, 'p', to(amounts('100m', '8Mi')))
      const text = `cannot decrease memory limits: attempting to set container "c" memory limit (${8 * 2 ** 20}) below current usage (${16 * 2 ** 20})`
      assert.deepEqual(conditions(refused), [`PodResizeInProgress Error 2: ${text}`])
      assert.equal((await inRuntime(node, 'c'))?.memoryLimitInBytes, 64 * 2 ** 20)
      const fits = await resize(node, 'p', to(amounts('100m', '32Mi')), 20_000)
      assert.deepEqual(conditions(fits), [])
      assert.equal((await inRuntime(node, 'c'))?.memoryLimitInBytes, 32 * 2 ** 20)
    },
    { runtime: { memoryUsageBytes: () => 16 * 2 ** 20 } },
  ))

test('startKubelet resizes sidecars and pods as a whole', () =>
  withNode(async (node) => {
    const sidecar = container('s', amounts('100m', '32Mi'), { restartPolicy: 'Always' })
    const spec = { resources: amounts('500m', '256Mi'), initContainers: [sidecar], containers: [container('c', {})] }
    const before = await started(node, 'p', spec)
    assert.deepEqual(
      [before.status?.resources, before.status?.allocatedResources],
      [amounts('500m', '256Mi'), { cpu: '500m', memory: '256Mi' }],
    )
    assert.equal((await inRuntime(node, 'c'))?.memoryLimitInBytes, 256 * 2 ** 20)
    const after = await resize(node, 'p', (wanted) => {
      wanted.resources = amounts('600m', '300Mi')
      const [init] = wanted.initContainers ?? []
      if (init) init.resources = amounts('150m', '48Mi')
    })
    assert.deepEqual(conditions(after), [])
    assert.deepEqual(after.status?.initContainerStatuses?.[0]?.resources, amounts('150m', '48Mi'))
    assert.deepEqual(after.status?.resources, amounts('600m', '300Mi'))
    assert.equal((await inRuntime(node, 's'))?.cpuQuota, 15_000)
    assert.equal((await inRuntime(node, 'c'))?.memoryLimitInBytes, 300 * 2 ** 20)
    const quota = `/sys/fs/cgroup/cpu/kubepods/pod${after.metadata.uid}/cpu.cfs_quota_us`
    assert.equal(await node.disk.readText(quota), '60000')
  }))
