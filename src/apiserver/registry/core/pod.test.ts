import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodSpec } from '../../../api/types/core/v1.ts'
import { writeContext } from '../testbed/write-context.ts'
import { pods } from './pod.ts'

function pod(spec: Partial<PodSpec> = {}, rest: Partial<Pod> = {}): Pod {
  const object: Pod = {
    metadata: { name: 'p', namespace: 'n' },
    spec: { containers: [{ name: 'c', image: 'x:1' }], ...spec },
    ...rest,
  }
  pods.default?.(object)
  return object
}

function messages(errors: { path: string; detail: string }[] | undefined): string[] {
  return (errors ?? []).map(({ path, detail }) => `${path}: ${detail}`)
}

test('gracefulDeletionSeconds gives grace only where something runs', () => {
  const seconds = (object: Pod, requested?: number) => pods.gracefulDeletionSeconds?.(object, requested)
  assert.equal(seconds(pod()), 0)
  assert.equal(seconds(pod({ nodeName: 'n1' })), 30)
  assert.equal(seconds(pod({ nodeName: 'n1' }), 5), 5)
  assert.equal(seconds(pod({ nodeName: 'n1' }), 0), 0)
  assert.equal(seconds(pod({ nodeName: 'n1' }), -1), 1)
  assert.equal(seconds(pod({ nodeName: 'n1' }, { status: { phase: 'Succeeded' } })), 0)
})

test('prepareForCreate blocks a gated pod and names its class of service', () => {
  const object = pod({ schedulingGates: [{ name: 'example.com/wait' }] }, { status: { phase: 'Running' } })
  pods.prepareForCreate?.(object, writeContext)
  assert.equal(object.status?.phase, 'Pending')
  assert.equal(object.status?.qosClass, 'BestEffort')
  assert.deepEqual(
    object.status?.conditions?.map(({ type, reason }) => [type, reason]),
    [['PodScheduled', 'SchedulingGated']],
  )
})

test('validateUpdate allows images, shorter deadlines and added tolerations', () => {
  const old = pod({ activeDeadlineSeconds: 10 })
  const changed = pod({
    activeDeadlineSeconds: 5,
    containers: [{ name: 'c', image: 'x:2', imagePullPolicy: 'IfNotPresent' }],
    tolerations: [{ key: 'k', operator: 'Exists' }],
  })
  assert.deepEqual(pods.validateUpdate?.(changed, old), [])
  const longer = pods.validateUpdate?.(pod({ activeDeadlineSeconds: 11 }), old)
  assert.deepEqual(messages(longer), ['spec.activeDeadlineSeconds: must be less than or equal to previous value'])
})

test('validateUpdate shows what else changed', () => {
  const [error, ...more] = pods.validateUpdate?.(pod({ hostname: 'h' }), pod()) ?? []
  assert.deepEqual(more, [])
  assert.match(
    error?.detail ?? '',
    /^pod updates may not change fields other than .*\n@@ .* @@\n[\s\S]*- "Hostname": "",\n\+ "Hostname": "h",/,
  )
})

test('validateUpdate lets a gated pod gain node selectors only', () => {
  const gates = [{ name: 'example.com/wait' }]
  const old = pod({ schedulingGates: gates, nodeSelector: { a: 'b' } })
  const added = pod({ schedulingGates: gates, nodeSelector: { a: 'b', c: 'd' } })
  assert.deepEqual(pods.validateUpdate?.(added, old), [])
  assert.deepEqual(pods.validateUpdate?.(pod({ nodeSelector: { a: 'b' } }), old), [])
  const removed = pods.validateUpdate?.(pod({ schedulingGates: gates }), old)
  assert.deepEqual(messages(removed), [
    'spec.nodeSelector: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
  ])
})

test('the status sub-resource refuses to start a finished container again', () => {
  const finished = {
    name: 'c',
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { terminated: { exitCode: 0 } },
  }
  const running = { ...finished, state: { running: {} } }
  const old = pod({ restartPolicy: 'Never' }, { status: { containerStatuses: [finished] } })
  const wanted = pod({ restartPolicy: 'Never' }, { status: { containerStatuses: [running] } })
  const errors = pods.status?.validateUpdate?.(wanted, old)
  assert.deepEqual(messages(errors), [
    'status.containerStatuses[0].state: may not be transitioned to non-terminated state',
  ])
})

test('ephemeralcontainers adds containers and changes nothing else', () => {
  const rules = pods.subresources?.ephemeralcontainers
  const old = pod()
  const wanted = pod({ hostname: 'h', ephemeralContainers: [{ name: 'debug', image: 'x:1' }] })
  rules?.prepareForUpdate(wanted, old, writeContext)
  assert.equal(wanted.spec?.hostname, undefined)
  assert.deepEqual(rules?.validateUpdate(wanted, old), [])
  const gone = structuredClone(wanted)
  delete gone.spec?.ephemeralContainers
  assert.match(messages(rules?.validateUpdate(gone, wanted))[0] ?? '', /"debug" may not be removed/)
})

test('resize changes cpu and memory and keeps the class of service', () => {
  const rules = pods.subresources?.resize
  const withCpu = (cpu: string) => pod({ containers: [{ name: 'c', image: 'x:1', resources: { requests: { cpu } } }] })
  const wanted = withCpu('200m')
  rules?.prepareForUpdate(wanted, withCpu('100m'), writeContext)
  assert.equal(wanted.spec?.containers[0]?.resources?.requests?.cpu, '200m')
  assert.deepEqual(rules?.validateUpdate(wanted, withCpu('100m')), [])
  const bare = pod()
  const errors = messages(rules?.validateUpdate(bare, withCpu('100m')))
  assert.deepEqual(errors, [
    'spec: Pod QOS Class may not change as a result of resizing',
    'spec.containers[0].resources.requests: resource requests cannot be removed',
  ])
})

test('selectableFields answers for pods that lack the field', () => {
  const values = Object.fromEntries(
    Object.entries(pods.selectableFields ?? {}).map(([field, value]) => [field, value({ metadata: {} })]),
  )
  assert.deepEqual(values, {
    'spec.nodeName': '',
    'spec.restartPolicy': '',
    'spec.schedulerName': '',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'false',
    'status.phase': '',
    'status.podIP': '',
    'status.podIPs': '',
    'status.nominatedNodeName': '',
  })
})

test('a file of variables comes from an emptyDir of the pod', () => {
  const wrong = (volumeName: string, path = 'env') => {
    const valueFrom = { fileKeyRef: { volumeName, path, key: 'A' } }
    const containers = [{ name: 'c', image: 'x:1', env: [{ name: 'A', valueFrom }] }]
    const volumes = [
      { name: 'empty', emptyDir: {} },
      { name: 'host', hostPath: { path: '/x' } },
    ]
    return messages(pods.validateCreate?.(pod({ containers, volumes })))
  }
  const at = 'spec.containers[0].env[0].valueFrom.fileKeyRef'
  assert.deepEqual(wrong('empty'), [])
  assert.deepEqual(wrong('other'), [`${at}.volumeName: `])
  assert.deepEqual(wrong('host'), [`${at}.volumeName: referenced volume must be of type emptyDir`])
  assert.deepEqual(wrong('empty', '../x'), [`${at}.path: must not contain '..'`])
})

test('processes of a Windows host run in all containers or none, on its network', () => {
  const wrong = (spec: Partial<PodSpec>) => messages(pods.validateCreate?.(pod(spec)))
  const securityContext = { windowsOptions: { hostProcess: true } }
  const network = 'spec.hostNetwork: hostNetwork must be true if pod contains any hostProcess containers'
  assert.deepEqual(wrong({ securityContext }), [network])
  assert.deepEqual(wrong({ securityContext, hostNetwork: true }), [])
  const containers = [
    { name: 'a', image: 'x:1', securityContext },
    { name: 'b', image: 'x:1' },
  ]
  assert.deepEqual(wrong({ containers, hostNetwork: true }), [
    'spec: If pod contains any hostProcess containers then all containers must be HostProcess containers',
  ])
})
