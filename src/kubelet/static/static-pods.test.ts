import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { startTestNode, type TestNode, testNamespace } from '../test-node.test.ts'
import { staticPod } from './manifest.ts'

const source = { path: '/manifests/web.yaml', nodeName: 'Node1' }
const manifest = (args: string) => `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: ${testNamespace} }
spec:
  priorityClassName: system-node-critical
  containers:
    - { name: c, image: 'busybox:1', command: [sleep, '${args}'] }
`

test('staticPod fills in what the API server would, and names the pod for its node', () => {
  const pod = staticPod(manifest('1000'), source)
  const { name, uid, annotations } = pod.metadata
  assert.equal(name, 'web-node1')
  assert.match(uid ?? '', /^[0-9a-f]{32}$/)
  assert.deepEqual(annotations, { 'kubernetes.io/config.hash': uid, 'kubernetes.io/config.source': 'file' })
  assert.deepEqual(
    [pod.spec?.nodeName, pod.spec?.restartPolicy, pod.spec?.priority],
    ['Node1', 'Always', 2_000_001_000],
  )
  assert.deepEqual(pod.spec?.tolerations, [{ operator: 'Exists', effect: 'NoExecute' }])
  assert.equal(staticPod(manifest('1000'), source).metadata.uid, uid)
  assert.notEqual(staticPod(manifest('1001'), source).metadata.uid, uid)
})

const faults: [text: string, why: RegExp][] = [
  ['kind: Service\napiVersion: v1', /it has to be of kind Pod/],
  ['kind: Pod\napiVersion: v1\nmetadata: {}\nspec: { containers: [{ name: c, image: i }] }', /name is needed/],
  ['kind: Pod\napiVersion: v1\nmetadata: { name: p }', /no containers/],
  [manifest('1').replace('command', 'envFrom: [{ secretRef: { name: s } }], command'), /may not reference secrets/],
  ['kind: [', /yaml/],
]
for (const [text, why] of faults) {
  test(`staticPod refuses ${why.source}`, () => {
    assert.throws(() => staticPod(text, source), why)
  })
}

async function mirrorOf(node: TestNode): Promise<Pod | undefined> {
  const { items } = await node.client.of(coreV1.pods, testNamespace).list()
  return items.find(({ metadata }) => metadata.name === 'web-node1')
}

test('startKubelet runs static pods, mirrors them, restarts them when their manifest changes and ends them with it', async () => {
  const node = await startTestNode({ config: { staticPodPath: '/manifests' } })
  const path = '/manifests/web.yaml'
  try {
    await node.disk.write(path, manifest('1000'))
    await node.pass(2000)
    const first = await mirrorOf(node)
    assert.equal(first?.status?.phase, 'Running')
    assert.equal(first?.metadata.ownerReferences?.[0]?.kind, 'Node')
    const running = async () =>
      (await node.runtime.runtime.listContainers()).filter(({ state }) => state === 'CONTAINER_RUNNING')
    assert.equal((await running()).length, 1)
    await node.client.of(coreV1.pods, testNamespace).delete('web-node1')
    await node.pass(2000)
    const again = await mirrorOf(node)
    assert.notEqual(again?.metadata.uid, first?.metadata.uid)
    assert.equal(again?.status?.phase, 'Running')
    assert.equal((await running()).length, 1)
    await node.restart()
    await node.pass(2000)
    assert.equal((await mirrorOf(node))?.metadata.uid, again?.metadata.uid)
    assert.equal((await mirrorOf(node))?.status?.containerStatuses?.[0]?.restartCount, 0)
    await node.disk.write(path, 'kind: [')
    await node.pass(25_000)
    assert.equal((await running()).length, 1)
    await node.disk.write(path, manifest('2000'))
    await node.pass(5000)
    const changed = await mirrorOf(node)
    assert.deepEqual(changed?.spec?.containers[0]?.command, ['sleep', '2000'])
    assert.equal(changed?.status?.phase, 'Running')
    assert.equal((await running()).length, 1)
    await node.disk.remove(path)
    await node.pass(25_000)
    assert.equal(await mirrorOf(node), undefined)
    assert.deepEqual(await running(), [])
  } finally {
    await node.stop()
  }
})

test('startKubelet takes no pod of the API for one of its own that says so', async () => {
  const node = await startTestNode({ config: { staticPodPath: '/manifests' } })
  try {
    const spec = { containers: [{ name: 'c', image: 'busybox:1', command: ['sleep', '1000'] }] }
    await node.create('guise', spec, { annotations: { 'kubernetes.io/config.source': 'file' } })
    await node.pass(2000)
    await node.disk.write('/manifests/web.yaml', manifest('1000'))
    await node.pass(25_000)
    assert.equal((await node.get('guise')).status?.phase, 'Running')
    assert.equal((await mirrorOf(node))?.status?.phase, 'Running')
  } finally {
    await node.stop()
  }
})
