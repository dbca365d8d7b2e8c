import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

let api: TestCaller
before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

const unknown = (field: string) =>
  `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
const core = '/api/v1'

const refused: [path: string, field: string, message: string][] = [
  [`${core}/configmaps`, 'type', unknown('type')],
  [`${core}/persistentvolumes`, 'name', unknown('name')],
  [`${core}/persistentvolumeclaims`, 'name', unknown('name')],
  ['/apis/apps/v1/replicasets', 'status.replicas', unknown('status.replicas')],
  ['/apis/autoscaling/v1/horizontalpodautoscalers', 'spec.minReplicas', unknown('spec.minReplicas')],
  [`${core}/componentstatuses`, 'type', unknown('type')],
  [`${core}/pods`, 'spec.image', 'field label not supported: spec.image'],
  [`${core}/namespaces`, 'name', 'field label not supported: name'],
  [`${core}/namespaces`, 'metadata.namespace', 'field label not supported: metadata.namespace'],
  [`${core}/nodes`, 'metadata.namespace', 'field label not supported: metadata.namespace'],
  ['/apis/batch/v1/jobs', 'spec.parallelism', 'field label "spec.parallelism" not supported for Job'],
  ['/apis/events.k8s.io/v1/events', 'source', 'field label not supported: source'],
  ['/apis/events.k8s.io/v1/events', 'involvedObject.name', 'field label not supported: involvedObject.name'],
  [
    '/apis/resource.k8s.io/v1/resourceslices',
    'metadata.namespace',
    'field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: metadata.namespace',
  ],
]
for (const [path, field, message] of refused) {
  test(`${path} cannot be selected by ${field}`, async () => {
    const { status, body } = await api.get(`${path}?fieldSelector=${field}%3Dx`)
    assert.deepEqual([status, body.message], [400, message])
  })
}

const taken: [path: string, selector: string, names: string[]][] = [
  [`${core}/namespaces`, 'status.phase=Active,metadata.name=default', ['default']],
  [`${core}/namespaces`, 'status.phase=Terminating', []],
  ['/apis/events.k8s.io/v1/events', 'regarding.name=x,reportingController=y,reason!=z', []],
  [`${core}/events`, 'involvedObject.name=x,source=y', []],
  [`${core}/persistentvolumes`, 'metadata.namespace=x', []],
  ['/apis/resource.k8s.io/v1/resourceslices', 'spec.driver=x,spec.nodeName=y', []],
  [`${core}/replicationcontrollers`, 'status.replicas=0', []],
  [`${core}/componentstatuses`, 'metadata.name=etcd-0', ['etcd-0']],
  [`${core}/componentstatuses`, 'metadata.name=other', []],
]
for (const [path, selector, names] of taken) {
  test(`${path} by ${selector} gives ${names.join() || 'nothing'}`, async () => {
    const { body } = await api.get(`${path}?fieldSelector=${encodeURIComponent(selector)}`)
    const found = body.items.map((item: { metadata: { name: string } }) => item.metadata.name)
    assert.deepEqual(found, names)
  })
}
