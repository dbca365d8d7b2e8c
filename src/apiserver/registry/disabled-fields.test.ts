import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../api/meta.ts'
import { readFeatureGates } from '../scheme/feature-gates.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import { dropDisabledFields } from './disabled-fields.ts'

const deployment = typeOfKind({ group: 'apps', version: 'v1', kind: 'Deployment' })
const slice = typeOfKind({ group: 'resource.k8s.io', version: 'v1', kind: 'ResourceSlice' })

function withContainer(container: object, spec: object = {}): KubeObject {
  return { metadata: {}, spec: { template: { spec: { containers: [container], ...spec } } } } as KubeObject
}

function dropped(object: KubeObject, old?: KubeObject, gates: string[] = []): KubeObject {
  const result = structuredClone(object)
  dropDisabledFields(deployment, readFeatureGates(gates))(result, old)
  return result
}

test('fields of closed gates are dropped, with a lifecycle that nothing is left in', () => {
  const lifecycle = { stopSignal: 'SIGUSR1' }
  assert.deepEqual(dropped(withContainer({ name: 'a', lifecycle })), withContainer({ name: 'a' }))
  const preStop = { sleep: { seconds: 1 } }
  assert.deepEqual(
    dropped(withContainer({ lifecycle: { ...lifecycle, preStop } }, { schedulingGroup: { podGroupName: 'g' } })),
    withContainer({ lifecycle: { preStop } }),
  )
})

test('they are kept with the gate open, or when the old object has one', () => {
  const object = withContainer({ lifecycle: { stopSignal: 'SIGUSR1' } })
  assert.deepEqual(dropped(object, undefined, ['ContainerStopSignals=true']), object)
  assert.deepEqual(dropped(object, withContainer({ lifecycle: { stopSignal: 'SIGTERM' } })), object)
  assert.deepEqual(dropped(object, withContainer({})), withContainer({}))
})

test('a value that needs no gate stays', () => {
  const rules = ['ContainerRestartRules=false', 'RestartAllContainersOnContainerExits=false']
  const sidecar = withContainer({ restartPolicy: 'Always' })
  assert.deepEqual(dropped(sidecar, undefined, rules), sidecar)
  assert.deepEqual(dropped(withContainer({ restartPolicy: 'Never' }), undefined, rules), withContainer({}))
})

test('values of maps are looked into', () => {
  const object = {
    metadata: {},
    spec: { devices: [{ name: 'd', attributes: { a: { ints: [1] }, b: { int: 1 } } }] },
  } as unknown as KubeObject
  dropDisabledFields(slice, readFeatureGates([]))(object, undefined)
  assert.deepEqual(object, { metadata: {}, spec: { devices: [{ name: 'd', attributes: { a: {}, b: { int: 1 } } }] } })
})
