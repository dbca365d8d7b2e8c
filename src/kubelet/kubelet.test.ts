import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../api/resources.ts'
import type { Container, ContainerState, Pod } from '../api/types/core/v1.ts'
import { startTestNode, type TestNode, type TestNodeOptions, testNamespace } from './test-node.test.ts'

function container(script: string, more: Partial<Container> = {}): Container {
  return { name: 'c', image: 'busybox:1', command: ['sh', '-c', script], ...more }
}

async function withNode(work: (node: TestNode) => Promise<void>, options: TestNodeOptions = {}): Promise<void> {
  const node = await startTestNode(options)
  try {
    await work(node)
  } finally {
    await node.stop()
  }
}

function conditionsOf(pod: Pod): string[] {
  return (pod.status?.conditions ?? []).map(({ type, status, reason }) =>
    [type, status, reason].filter(Boolean).join(' '),
  )
}

function stateOf(pod: Pod, index = 0): object {
  return pod.status?.containerStatuses?.[index]?.state ?? {}
}

test('startKubelet registers the node as ready when it starts', () =>
  withNode(async ({ client }) => {
    const node = await client.of(coreV1.nodes).get('node1')
    const conditions = node.status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)
    assert.deepEqual(conditions, [
      'MemoryPressure False KubeletHasSufficientMemory',
      'DiskPressure False KubeletHasNoDiskPressure',
      'PIDPressure False KubeletHasSufficientPID',
      'Ready True KubeletReady',
    ])
    assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'node1')
    assert.equal(node.status?.capacity?.memory, '4Gi')
    assert.equal(node.status?.allocatable?.memory, '3996Mi')
  }))

test('startKubelet runs a pod when it is bound to the node', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('sleep 1000')] })
    await node.pass(1000)
    const pod = await node.get('p')
    assert.equal(pod.status?.phase, 'Running')
    assert.deepEqual(conditionsOf(pod), [
      'PodReadyToStartContainers True',
      'Initialized True',
      'Ready True',
      'ContainersReady True',
      'PodScheduled True',
    ])
    assert.equal(pod.status?.podIP, '10.244.0.2')
    assert.equal(pod.status?.hostIP, '10.0.0.1')
    assert.deepEqual(await node.events('p'), [
      'Pulling ×1: Pulling image "busybox:1"',
      'Pulled ×1: Successfully pulled image "busybox:1" in 0ms (0ms including waiting). Image size: 1000000 bytes.',
      'Created ×1: Container created',
      'Started ×1: Container started',
    ])
  }))

test('startKubelet takes a pod that asks for a label which the node was given a moment ago, and refuses another', () =>
  withNode(async (node) => {
    const patch = { metadata: { labels: { disk: 'fast' } } }
    await node.client.of(coreV1.nodes).patch('node1', { type: 'merge', patch })
    await node.create('fast', { containers: [container('sleep 1000')], nodeSelector: { disk: 'fast' } })
    await node.create('slow', { containers: [container('sleep 1000')], nodeSelector: { disk: 'slow' } })
    await node.pass(1000)
    assert.equal((await node.get('fast')).status?.phase, 'Running')
    const { status } = await node.get('slow')
    assert.deepEqual([status?.phase, status?.reason], ['Failed', 'NodeAffinity'])
  }))

test('startKubelet backs off when a container keeps failing', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('exit 1')] })
    await node.pass(26_000)
    const atBackOff = await node.get('p')
    assert.equal(atBackOff.status?.containerStatuses?.[0]?.restartCount, 2)
    await node.pass(5_000)
    const pod = await node.get('p')
    const uid = pod.metadata.uid
    assert.deepEqual(stateOf(pod), {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: `back-off 20s restarting failed container=c pod=p_${testNamespace}(${uid})`,
      },
    })
    assert.equal(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 1)
    const events = await node.events('p')
    assert.ok(
      events.some((text) => text.endsWith(`Back-off restarting failed container c in pod p_${testNamespace}(${uid})`)),
    )
  }))

test('startKubelet completes a pod with init container and sidecar when its containers are done', () =>
  withNode(async (node) => {
    await node.create('p', {
      restartPolicy: 'Never',
      initContainers: [
        { ...container('sleep 1'), name: 'i' },
        { ...container('sleep 1000'), name: 'side', restartPolicy: 'Always' },
      ],
      containers: [container('sleep 2')],
    })
    await node.pass(500)
    const initializing = await node.get('p')
    assert.deepEqual(stateOf(initializing), { waiting: { reason: 'PodInitializing' } })
    assert.match(conditionsOf(initializing).join(), /Initialized False ContainersNotInitialized/)
    await node.pass(1_500)
    assert.equal((await node.get('p')).status?.phase, 'Running')
    await node.pass(5_000)
    const pod = await node.get('p')
    assert.equal(pod.status?.phase, 'Succeeded')
    assert.deepEqual(conditionsOf(pod), [
      'PodReadyToStartContainers False',
      'Initialized True PodCompleted',
      'Ready False PodCompleted',
      'ContainersReady False PodCompleted',
      'PodScheduled True',
    ])
    assert.equal(pod.status?.initContainerStatuses?.[1]?.state?.terminated?.exitCode, 137)
    assert.ok((await node.events('p')).includes('Killing ×1: Stopping container side'))
  }))

test('startKubelet restarts a container when its liveness probe fails', () =>
  withNode(async (node) => {
    const livenessProbe = { exec: { command: ['sh', '-c', 'echo no; exit 1'] }, periodSeconds: 1, failureThreshold: 1 }
    await node.create('p', { containers: [container('sleep 1000', { livenessProbe })] })
    await node.pass(1_500)
    const pod = await node.get('p')
    assert.ok((pod.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1)
    const events = await node.events('p')
    assert.ok(
      events.some((text) => /^Unhealthy ×\d: Liveness probe failed: no\n$/.test(text)),
      events.join(),
    )
    assert.ok(events.some((text) => text.endsWith('Container c failed liveness probe, will be restarted')))
  }))

test('startKubelet backs off when the liveness probe keeps failing', () =>
  withNode(async (node) => {
    const livenessProbe = { exec: { command: ['sh', '-c', 'exit 1'] }, periodSeconds: 1, failureThreshold: 1 }
    await node.create('p', { containers: [container('sleep 1000', { livenessProbe })] })
    await node.pass(9_000)
    const pod = await node.get('p')
    assert.equal((stateOf(pod) as ContainerState).waiting?.reason, 'CrashLoopBackOff')
    assert.ok((pod.status?.containerStatuses?.[0]?.restartCount ?? 0) <= 2)
  }))

test('startKubelet stops a container when its postStart hook fails without a word', () =>
  withNode(async (node) => {
    const lifecycle = { postStart: { exec: { command: ['sh', '-c', 'exit 3'] } } }
    await node.create('p', { containers: [container('sleep 1000', { lifecycle })] })
    await node.pass(5_000)
    assert.equal((await node.get('p')).status?.containerStatuses?.[0]?.ready, false)
    const events = await node.events('p')
    assert.ok(
      events.some((text) => /^FailedPostStartHook ×\d: PostStartHook failed$/.test(text)),
      events.join(),
    )
  }))

test('startKubelet leaves a container waiting when the init container before it failed for good', () =>
  withNode(async (node) => {
    await node.create('p', {
      restartPolicy: 'Never',
      initContainers: [{ ...container('exit 1'), name: 'i' }],
      containers: [container('sleep 1000')],
    })
    await node.pass(3_000)
    const pod = await node.get('p')
    assert.equal(pod.status?.phase, 'Failed')
    assert.deepEqual(stateOf(pod), { waiting: { reason: 'PodInitializing' } })
    assert.equal(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode, 1)
    assert.match(conditionsOf(pod).join(), /Initialized False/)
  }))

test('startKubelet waits with the configuration error when a ConfigMap is missing, and starts once it is there', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('sleep 1000', { envFrom: [{ configMapRef: { name: 'none' } }] })] })
    await node.pass(2_000)
    const waiting = { reason: 'CreateContainerConfigError', message: 'configmap "none" not found' }
    assert.deepEqual(stateOf(await node.get('p')), { waiting })
    assert.ok((await node.events('p')).includes('Failed ×2: Error: configmap "none" not found'))
    await node.configMap('none', { a: 'b' })
    await node.pass(70_000)
    assert.equal((await node.get('p')).status?.phase, 'Running')
  }))

test('startKubelet reports the pull failure when an image cannot be pulled', () =>
  withNode(
    async (node) => {
      await node.create('p', { containers: [container('sleep 1000')] })
      await node.pass(2_000)
      assert.deepEqual(stateOf(await node.get('p')), { waiting: { reason: 'ErrImagePull', message: 'no such image' } })
      await node.pass(35_000)
      const { waiting } = stateOf(await node.get('p')) as { waiting: { reason: string; message: string } }
      assert.match(waiting.reason, /ErrImagePull|ImagePullBackOff/)
      const events = await node.events('p')
      assert.ok(events.some((text) => text.endsWith('Failed to pull image "busybox:1": no such image')))
      assert.ok(events.some((text) => text.endsWith('Back-off pulling image "busybox:1"')))
      assert.ok(events.some((text) => text.endsWith('Error: ImagePullBackOff')))
    },
    { runtime: { pullError: () => 'no such image' } },
  ))

test('startKubelet ends a pod and its API object when it is deleted', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('sleep 1000')], terminationGracePeriodSeconds: 1 })
    await node.pass(1_000)
    await node.client.of(coreV1.pods, testNamespace).delete('p')
    await node.pass(3_000)
    assert.equal(await node.exists('p'), false)
    assert.deepEqual(await node.runtime.runtime.listContainers(), [])
    assert.deepEqual(await node.runtime.runtime.listPodSandboxes(), [])
    assert.deepEqual(await node.disk.list('/kubelet/pods'), [])
    assert.ok((await node.events('p')).includes('Killing ×1: Stopping container c'))
  }))

test('startKubelet leaves running containers alone when it restarts', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('sleep 1000')] })
    await node.pass(1_000)
    const before = await node.runtime.runtime.listContainers()
    await node.restart()
    await node.pass(70_000)
    assert.deepEqual(await node.runtime.runtime.listContainers(), before)
    const pod = await node.get('p')
    assert.equal(pod.status?.containerStatuses?.[0]?.restartCount, 0)
    assert.match(conditionsOf(pod).join(), /,Ready True,/)
  }))

test('startKubelet ends what runs of a pod when the pod was deleted while it was down', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('sleep 1000')] })
    await node.pass(1_000)
    await node.kubelet.stop()
    await node.client.of(coreV1.pods, testNamespace).delete('p', { gracePeriodSeconds: 0 })
    await node.restart()
    await node.pass(60_000)
    assert.deepEqual(await node.runtime.runtime.listContainers(), [])
    assert.deepEqual(await node.disk.list('/kubelet/pods'), [])
  }))

test('startKubelet starts a container again when it was taken away behind its back', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('sleep 1000')] })
    await node.pass(1_000)
    const [first] = await node.runtime.runtime.listContainers()
    node.runtime.vanish(first?.id ?? '')
    await node.pass(5_000)
    const pod = await node.get('p')
    assert.ok('running' in stateOf(pod))
    assert.equal(pod.status?.containerStatuses?.[0]?.restartCount, 1)
  }))

test('startKubelet fails the pod when its active deadline has passed', () =>
  withNode(async (node) => {
    await node.create('p', {
      containers: [container('sleep 1000')],
      activeDeadlineSeconds: 5,
      terminationGracePeriodSeconds: 1,
    })
    await node.pass(10_000)
    const { status } = await node.get('p')
    assert.equal(status?.phase, 'Failed')
    assert.equal(status?.reason, 'DeadlineExceeded')
    assert.equal(status?.message, 'Pod was active on the node longer than the specified deadline')
  }))

test('startKubelet rejects a pod when the node lacks what it requests', () =>
  withNode(async (node) => {
    await node.create('p', { containers: [container('sleep 1000', { resources: { requests: { cpu: '3' } } })] })
    await node.pass(2_000)
    const { status } = await node.get('p')
    assert.equal(status?.phase, 'Failed')
    assert.equal(status?.reason, 'OutOfcpu')
    const text = "Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000"
    assert.equal(status?.message, `Pod was rejected: ${text}`)
    assert.deepEqual(await node.events('p'), [`OutOfcpu ×1: ${text}`])
    assert.deepEqual(await node.runtime.runtime.listPodSandboxes(), [])
  }))

test('startKubelet evicts the pod when its emptyDir outgrows the limit', () =>
  withNode(async (node) => {
    const pod = await node.create('p', {
      containers: [container('sleep 1000', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }],
      terminationGracePeriodSeconds: 1,
    })
    await node.pass(1_000)
    const directory = `/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~empty-dir/v`
    await node.disk.write(`${directory}/big`, Buffer.alloc(2 * 1024 * 1024))
    await node.pass(20_000)
    const { status } = await node.get('p')
    assert.equal(status?.phase, 'Failed')
    assert.equal(status?.reason, 'Evicted')
    assert.equal(status?.message, 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ')
    assert.ok((await node.events('p')).includes('Evicted ×1: Usage of EmptyDir volume "v" exceeds the limit "1Mi". '))
  }))

test('startKubelet evicts the pod when a container writes more than its limit of local storage', () =>
  withNode(async (node) => {
    const limited = (name: string, limit: string): Container => ({
      ...container('sleep 1000', { resources: { limits: { 'ephemeral-storage': limit } } }),
      name,
    })
    const pod = await node.create('p', { containers: [limited('c', '1Mi'), limited('d', '10Mi')] })
    await node.pass(1_000)
    const log = `/kubelet/logs/${testNamespace}_p_${pod.metadata.uid}/c/0.log`
    await node.disk.write(log, Buffer.alloc(2 * 1024 * 1024))
    await node.pass(12_000)
    const { status } = await node.get('p')
    const message = 'Container c exceeded its local ephemeral storage limit "1Mi". '
    assert.deepEqual([status?.phase, status?.reason, status?.message], ['Failed', 'Evicted', message])
  }))

test('startKubelet writes new content of a ConfigMap volume when it changes', () =>
  withNode(async (node) => {
    await node.configMap('m', { key: 'old' })
    const pod = await node.create('p', {
      containers: [container('sleep 1000', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', configMap: { name: 'm' } }],
    })
    await node.pass(1_000)
    const path = `/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~configmap/v/key`
    assert.equal(await node.disk.readText(path), 'old')
    await node.client.of(coreV1.configMaps, testNamespace).update({ metadata: { name: 'm' }, data: { key: 'new' } })
    await node.pass(150_000)
    assert.equal(await node.disk.readText(path), 'new')
  }))

test('startKubelet waits for the volume with an event when a Secret is missing', () =>
  withNode(async (node) => {
    await node.create('p', {
      containers: [container('sleep 1000', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      volumes: [{ name: 'v', secret: { secretName: 'none' } }],
    })
    await node.pass(3_000)
    const pod = await node.get('p')
    assert.deepEqual(stateOf(pod), { waiting: { reason: 'ContainerCreating' } })
    assert.match(conditionsOf(pod).join(), /PodReadyToStartContainers False/)
    const events = await node.events('p')
    assert.ok(events.some((text) => text.endsWith('MountVolume.SetUp failed for volume "v" : secret "none" not found')))
  }))

test('startKubelet reports the node not ready when the runtime is down, and recovers with it', () =>
  withNode(async (node) => {
    const readiness = async (): Promise<string> => {
      const { status } = await node.client.of(coreV1.nodes).get('node1')
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')
      return `${ready?.status} ${ready?.reason}: ${ready?.message}`
    }
    node.runtime.down = true
    await node.pass(40_000)
    assert.equal(await readiness(), 'False KubeletNotReady: container runtime is down')
    node.runtime.down = false
    await node.pass(20_000)
    assert.equal(await readiness(), 'True KubeletReady: kubelet is posting ready status')
  }))
