import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../types/batch/v1.ts'
import type { Namespace, Pod, Secret, Service } from '../types/core/v1.ts'
import { defaultDeployment } from './apps.ts'
import { defaultHorizontalPodAutoscaler } from './autoscaling.ts'
import { defaultJob } from './batch.ts'
import { defaultLimitRange, defaultNamespace, defaultSecret } from './core.ts'
import { defaultPod, pullPolicyFor, roundUp } from './pod.ts'
import { defaultService } from './service.ts'

test('pullPolicyFor pulls always only what may have moved', () => {
  const cases: [image: string, policy: string][] = [
    ['app', 'Always'],
    ['app:latest', 'Always'],
    ['registry.example:5000/app', 'Always'],
    ['registry.example:5000/app:1.2', 'IfNotPresent'],
    ['app@sha256:abc', 'IfNotPresent'],
    ['Not_Valid!', 'IfNotPresent'],
  ]
  for (const [image, policy] of cases) assert.equal(pullPolicyFor(image), policy, image)
})

test('defaultPod fills a bare pod and changes nothing the second time', () => {
  const pod: Pod = {
    metadata: { name: 'p' },
    spec: {
      hostNetwork: true,
      volumes: [{ name: 'v' }],
      containers: [
        {
          name: 'c',
          image: 'x:1',
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: '1' } },
          livenessProbe: { httpGet: { port: 80 } },
        },
      ],
    },
  }
  defaultPod(pod)
  const container = pod.spec?.containers[0]
  assert.deepEqual(container?.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }])
  assert.deepEqual(container?.resources?.requests, { cpu: '1' })
  assert.equal(container?.livenessProbe?.httpGet?.scheme, 'HTTP')
  assert.deepEqual(pod.spec?.volumes, [{ name: 'v', emptyDir: {} }])
  assert.equal(pod.spec?.terminationGracePeriodSeconds, 30)
  const once = structuredClone(pod)
  defaultPod(pod)
  assert.deepEqual(pod, once)
})

test('roundUp keeps thousandths and nothing finer', () => {
  const list = { cpu: '100n', memory: '1Gi', other: '1500u' }
  roundUp(list)
  assert.deepEqual(list, { cpu: '1m', memory: '1Gi', other: '2m' })
})

test('defaultService sends a port to itself and keeps a named target', () => {
  const service: Service = { metadata: {}, spec: { ports: [{ port: 80 }, { port: 81, targetPort: 'http' }] } }
  defaultService(service)
  assert.deepEqual(
    service.spec?.ports?.map(({ targetPort }) => targetPort),
    [80, 'http'],
  )
  assert.equal(service.spec?.internalTrafficPolicy, 'Cluster')
  assert.equal(service.spec?.externalTrafficPolicy, undefined)
})

test('defaultSecret moves stringData into data, over what stood there', () => {
  const secret: Secret = { metadata: {}, data: { a: 'b2xk' }, stringData: { a: 'new' } }
  defaultSecret(secret)
  assert.deepEqual(secret.data, { a: Buffer.from('new').toString('base64') })
  assert.equal('stringData' in secret, false)
})

test('defaultNamespace labels a namespace once it has a name', () => {
  const waiting: Namespace = { metadata: { generateName: 'n-' } }
  defaultNamespace(waiting)
  assert.equal(waiting.metadata.labels, undefined)
  const named: Namespace = { metadata: { name: 'n' } }
  defaultNamespace(named)
  assert.deepEqual(named.metadata.labels, { 'kubernetes.io/metadata.name': 'n' })
})

test('defaultDeployment leaves a missing selector missing', () => {
  const deployment = { metadata: {}, spec: undefined } as unknown as Parameters<typeof defaultDeployment>[0]
  defaultDeployment(deployment)
  assert.equal(deployment.spec?.selector, undefined)
  assert.deepEqual(deployment.spec?.strategy?.rollingUpdate, { maxUnavailable: '25%', maxSurge: '25%' })
})

test('defaultJob completes once, unless it is told how many run', () => {
  const once: Job = { metadata: {}, spec: { template: {} } }
  defaultJob(once)
  assert.deepEqual([once.spec?.completions, once.spec?.parallelism, once.spec?.backoffLimit], [1, 1, 6])
  const queue: Job = { metadata: {}, spec: { template: {}, parallelism: 3 } }
  defaultJob(queue)
  assert.deepEqual([queue.spec?.completions, queue.spec?.parallelism], [undefined, 3])
  const indexed: Job = { metadata: {}, spec: { template: {}, backoffLimitPerIndex: 1 } }
  defaultJob(indexed)
  assert.equal(indexed.spec?.backoffLimit, 2147483647)
})

test('defaultHorizontalPodAutoscaler follows CPU at 80 percent when told nothing', () => {
  const autoscaler = { metadata: {}, spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd' } } }
  defaultHorizontalPodAutoscaler(autoscaler)
  const target = { type: 'Utilization', averageUtilization: 80 }
  assert.deepEqual(autoscaler.spec, {
    maxReplicas: 3,
    minReplicas: 1,
    scaleTargetRef: { kind: 'Deployment', name: 'd' },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
  })
})

test('defaultLimitRange takes a limit from max and a request from the limit, else from min', () => {
  const range = { metadata: {}, spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }] } }
  defaultLimitRange(range)
  assert.deepEqual(range.spec.limits[0], {
    type: 'Container',
    max: { cpu: '2' },
    min: { memory: '1Mi' },
    default: { cpu: '2' },
    defaultRequest: { cpu: '2', memory: '1Mi' },
  })
})
