import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HorizontalPodAutoscaler } from '../types/autoscaling/v2.ts'
import { autoscalerToV1, autoscalerToV2 } from './autoscaling.ts'
import { deviceConversion } from './devices.ts'
import { coreEvent, eventsEvent } from './events.ts'
import { sameFieldsConversion } from './same-fields.ts'

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }

test('autoscalerToV2 and back keep what v1 can not say in annotations', () => {
  const v2: HorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', annotations: { own: 'yes' } },
    spec: {
      scaleTargetRef,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        { type: 'Pods', pods: { metric: { name: 'qps' }, target: { type: 'AverageValue', averageValue: '100' } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
    },
    status: { desiredReplicas: 2, currentReplicas: 1 },
  }
  const v1 = autoscalerToV1(v2)
  assert.equal(v1.spec?.targetCPUUtilizationPercentage, 60)
  assert.deepEqual(JSON.parse(v1.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics'] ?? ''), [
    { type: 'Pods', pods: { metricName: 'qps', targetAverageValue: '100' } },
  ])
  assert.equal(
    v1.metadata.annotations?.['autoscaling.alpha.kubernetes.io/behavior'],
    '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":null,"Policies":null,"Tolerance":null}}',
  )
  assert.deepEqual(autoscalerToV2(v1), v2)
})

test('autoscalerToV2 drops an annotation that is no JSON', () => {
  const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{' }
  const v2 = autoscalerToV2({ metadata: { annotations }, spec: { maxReplicas: 1, scaleTargetRef } } as never)
  assert.deepEqual(v2.spec, { maxReplicas: 1, scaleTargetRef })
  assert.equal(v2.metadata.annotations, undefined)
})

test('coreEvent and eventsEvent rename both ways', () => {
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e' },
    regarding: { kind: 'Pod', name: 'p' },
    note: 'hi',
    reportingController: 'example.com/c',
    deprecatedCount: 2,
  }
  const core = coreEvent(event)
  assert.deepEqual([core.apiVersion, core.involvedObject.name, core.message], ['v1', 'p', 'hi'])
  assert.deepEqual([core.reportingComponent, core.count], ['example.com/c', 2])
  assert.deepEqual(eventsEvent(core), event)
})

test('deviceConversion moves what v1beta1 says elsewhere, there and back', () => {
  const exactly = { deviceClassName: 'c', allocationMode: 'ExactCount', count: 2 }
  const firstAvailable = [{ name: 's', deviceClassName: 'c' }]
  const claimSpec = {
    devices: {
      requests: [
        { name: 'a', exactly },
        { name: 'b', firstAvailable },
      ],
      constraints: [],
    },
  }
  const stored = (kind: string, spec: object) => ({ apiVersion: 'resource.k8s.io/v1', kind, metadata: {}, spec })
  const claim = deviceConversion.fromStored(stored('ResourceClaim', claimSpec))
  assert.deepEqual(claim, {
    apiVersion: 'resource.k8s.io/v1beta1',
    kind: 'ResourceClaim',
    metadata: {},
    spec: {
      devices: {
        requests: [
          { name: 'a', ...exactly },
          { name: 'b', firstAvailable },
        ],
        constraints: [],
      },
    },
  })
  const slice = stored('ResourceSlice', { driver: 'd', devices: [{ name: 'g', attributes: { a: { int: 1 } } }] })
  const beta = deviceConversion.fromStored(slice) as unknown as { spec: { devices: object[] } }
  assert.deepEqual(beta.spec.devices, [{ name: 'g', basic: { attributes: { a: { int: 1 } } } }])
  for (const object of [
    stored('ResourceClaim', claimSpec),
    stored('ResourceClaimTemplate', { spec: claimSpec }),
    slice,
  ]) {
    assert.deepEqual(deviceConversion.toStored(deviceConversion.fromStored(object)), object)
  }
})

test('sameFieldsConversion changes the name of the version only', () => {
  const { toStored, fromStored } = sameFieldsConversion({ served: 'g/v1beta1', stored: 'g/v1' })
  const object = { apiVersion: 'g/v1beta1', kind: 'K', metadata: { name: 'n' }, spec: { a: 1 } }
  assert.deepEqual(toStored(object), { ...object, apiVersion: 'g/v1' })
  assert.deepEqual(fromStored(toStored(object)), object)
})
