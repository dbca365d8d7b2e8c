import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ApiError } from '../../../../api/errors.ts'
import { coreV1 } from '../../../../api/resources.ts'
import type { Container, Pod, PodSpec } from '../../../../api/types/core/v1.ts'
import { createClient } from '../../../../client/client-impl.ts'
import { startTestApiServer, type TestApiServer } from '../../../testbed/server.ts'

let api: TestApiServer
before(async () => {
  api = await startTestApiServer({ namespaces: ['test'] })
})
after(() => api.stop())

const list = (cpu: string, memory: string) => ({ cpu, memory })
const asked = { requests: list('100m', '64Mi'), limits: list('200m', '128Mi') }
const init: Container[] = [
  { name: 'i', image: 'x', resources: { requests: { cpu: '50m' } } },
  { name: 's', image: 'x', restartPolicy: 'Always', resources: { requests: { cpu: '50m' } } },
]
const first: Container = { name: 'c', image: 'x', resources: asked }
const second: Container = { name: 'd', image: 'x' }
const all = { requests: list('1', '1Gi'), limits: list('1', '1Gi') }

function resized(container: Container, resources: Container['resources'] & object): Container {
  return { ...container, resources }
}

const rows: [what: string, wanted: Partial<PodSpec>, refusal?: string][] = [
  ['amounts of a container', { containers: [resized(first, { ...asked, requests: list('150m', '64Mi') }), second] }],
  ['amounts of init containers', { initContainers: init.map((one) => resized(one, { requests: { cpu: '60m' } })) }],
  ['an image, which is left out', { containers: [{ ...first, image: 'y' }, second] }],
  ['another order', { containers: [second, first] }, 'containers may not be renamed or reordered on resize'],
  ['fewer containers', { containers: [first] }, 'containers may not be added or removed on resize'],
  [
    'a limit that goes',
    { containers: [resized(first, { requests: asked.requests }), second] },
    'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
  ],
  [
    'other resources',
    { containers: [resized(first, { ...asked, requests: { ...asked.requests, 'ephemeral-storage': '1Gi' } }), second] },
    'spec: Forbidden: only cpu and memory resources are mutable',
  ],
  [
    'another class',
    {
      containers: [first, second].map((one) => resized(one, all)),
      initContainers: init.map((one) => resized(one, all)),
    },
    'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
  ],
]

for (const [index, [what, wanted, refusal]] of rows.entries()) {
  test(`validateResize ${refusal === undefined ? 'takes' : 'refuses'} ${what}`, async () => {
    const pods = createClient(api.transport).of(coreV1.pods, 'test')
    const name = `p${index}`
    const spec = { initContainers: init, containers: [first, second] }
    const pod = structuredClone(await pods.create({ metadata: { name }, spec }))
    const answer = pods.updateSub<Pod>(name, 'resize', { ...pod, spec: { ...spec, ...pod.spec, ...wanted } })
    if (refusal === undefined) assert.equal((await answer).spec?.containers[0]?.image, 'x')
    else await assert.rejects(answer, (error) => error instanceof ApiError && error.message.includes(refusal))
  })
}
