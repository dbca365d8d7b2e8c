import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../api/meta.ts'
import { issueAuthority } from '../../api/x509/certificate.ts'
import { enabledApis } from '../scheme/enabled.ts'
import { readFeatureGates } from '../scheme/feature-gates.ts'
import { TestCaller } from '../testbed/caller.ts'

const enabled = enabledApis(['api/all=true'], readFeatureGates(['AllAlpha=true', 'AllBeta=true']))

type Answer = KubeObject & { spec?: Record<string, unknown>; message?: string }
type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  body?: object,
  contentType?: string,
) => Promise<Answer>

const authority = issueAuthority({
  subject: { commonName: 'a', organizations: [] },
  serial: new Uint8Array(16),
  notBeforeMs: Date.UTC(2026, 0, 1),
  notAfterMs: Date.UTC(2055, 0, 1),
}).certificatePem

async function withServer(body: (call: Call) => Promise<void>): Promise<void> {
  const caller = await TestCaller.start({ enabled })
  try {
    await body(async (method, path, object, contentType = 'application/json') => {
      const answer = await caller.call(method, path, object, { contentType })
      return answer.body as Answer
    })
  } finally {
    await caller.api.stop()
  }
}

test('a claim written in v1beta1 reads as v1 and v1beta2, and back', async () => {
  await withServer(async (call) => {
    const base = (version: string) => `/apis/resource.k8s.io/${version}/namespaces/default/resourceclaims`
    const made = await call('POST', base('v1beta1'), {
      metadata: { name: 'c' },
      spec: { devices: { requests: [{ name: 'r', deviceClassName: 'gpu.example.com' }] } },
    })
    assert.equal(made.apiVersion, 'resource.k8s.io/v1beta1')
    const exactly = { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 1 }
    assert.deepEqual(made.spec, { devices: { requests: [{ name: 'r', ...exactly }] } })
    for (const version of ['v1', 'v1beta2']) {
      const { apiVersion, spec } = await call('GET', `${base(version)}/c`)
      assert.equal(apiVersion, `resource.k8s.io/${version}`)
      assert.deepEqual(spec, { devices: { requests: [{ name: 'r', exactly }] } })
    }
    const refused = await call('PUT', `${base('v1beta1')}/c`, { metadata: { name: 'c' }, spec: {} })
    assert.match(refused.message ?? '', /^ResourceClaim.resource.k8s.io "c" is invalid: .*field is immutable/)
    for (const nothing of [{}, { deviceClassName: '' }, { deviceClassName: '', count: 0, allocationMode: '' }]) {
      const spec = { devices: { requests: [{ name: 'r', ...nothing }] } }
      const { message } = await call('POST', base('v1beta1'), { metadata: { name: 'd' }, spec })
      assert.match(
        message ?? '',
        /requests\[0\]: Required value: exactly one of `exactly` or `firstAvailable` is required$/,
      )
    }
  })
})

test('who applied in one version owns the same fields in another', async () => {
  await withServer(async (call) => {
    const apply = 'application/apply-patch+yaml'
    const base = (version: string) => `/apis/resource.k8s.io/${version}/deviceclasses/d`
    const object = (version: string, label: string) => ({
      apiVersion: `resource.k8s.io/${version}`,
      kind: 'DeviceClass',
      metadata: { name: 'd', labels: { a: label } },
      spec: {},
    })
    await call('PATCH', `${base('v1beta1')}?fieldManager=one`, object('v1beta1', 'x'), apply)
    const conflict = await call('PATCH', `${base('v1')}?fieldManager=two`, object('v1', 'y'), apply)
    assert.equal(conflict.message, 'Apply failed with 1 conflict: conflict with "one": .metadata.labels.a')
    const forced = await call('PATCH', `${base('v1')}?fieldManager=two&force=true`, object('v1', 'y'), apply)
    assert.equal(forced.metadata.labels?.a, 'y')
  })
})

test('an autoscaler applied in v2 and changed in v1 keeps both owners', async () => {
  await withServer(async (call) => {
    const base = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/h`
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
    const target = { type: 'Utilization', averageUtilization: 60 }
    const object = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { scaleTargetRef, maxReplicas: 5, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] },
    }
    await call('PATCH', `${base('v2')}?fieldManager=one`, object, 'application/apply-patch+yaml')
    const patch = { spec: { targetCPUUtilizationPercentage: 70 } }
    await call('PATCH', `${base('v1')}?fieldManager=two`, patch, 'application/merge-patch+json')
    const { metadata } = await call('GET', base('v2'))
    const owners = metadata.managedFields?.map(({ manager, apiVersion }) => `${manager} ${apiVersion}`)
    assert.deepEqual(owners, ['one autoscaling/v2', 'two autoscaling/v1'])
    const again = await call('PATCH', `${base('v2')}?fieldManager=one`, object, 'application/apply-patch+yaml')
    assert.match(
      again.message ?? '',
      /^Apply failed with 1 conflict: conflict with "two" using autoscaling\/v1( at \S+)?: \.spec\.targetCPUUtilizationPercentage/,
    )
  })
})

const small: [path: string, good: object, bad: object, message: RegExp][] = [
  [
    '/apis/coordination.k8s.io/v1alpha2/namespaces/default/leasecandidates',
    { leaseName: 'l', binaryVersion: '1.36.0', emulationVersion: '1.35.0', strategy: 'OldestEmulationVersion' },
    { leaseName: 'l', binaryVersion: '1.36', emulationVersion: '1.35.0', strategy: 'OldestEmulationVersion' },
    /spec\.binaryVersion: Invalid value: "1\.36": must be a valid semantic version/,
  ],
  [
    '/apis/resource.k8s.io/v1alpha3/devicetaintrules',
    { taint: { key: 'a', effect: 'NoSchedule' } },
    { taint: { key: 'a', effect: 'Sometimes' } },
    /spec\.taint\.effect: Unsupported value: "Sometimes"/,
  ],
  [
    '/apis/resource.k8s.io/v1alpha3/resourcepoolstatusrequests',
    { driver: 'd.example.com' },
    { driver: 'd.example.com', limit: 2000 },
    /spec\.limit: Invalid value: 2000: must be less than or equal to 1000/,
  ],
  [
    '/apis/scheduling.k8s.io/v1alpha2/namespaces/default/workloads',
    { podGroupTemplates: [{ name: 'g', schedulingPolicy: { gang: { minCount: 2 } } }] },
    { podGroupTemplates: [{ name: 'g', schedulingPolicy: { gang: { minCount: 0 } } }] },
    /spec\.podGroupTemplates\[0\]\.schedulingPolicy\.gang\.minCount: Required value/,
  ],
  [
    '/apis/scheduling.k8s.io/v1alpha2/namespaces/default/podgroups',
    { schedulingPolicy: { basic: {} } },
    { schedulingPolicy: {} },
    /spec\.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`/,
  ],
  [
    '/apis/storagemigration.k8s.io/v1beta1/storageversionmigrations',
    { resource: { resource: 'secrets' } },
    { resource: { group: 'x_', resource: 'secrets' } },
    /spec\.resource\.group: Invalid value: "x_"/,
  ],
  [
    '/apis/networking.k8s.io/v1beta1/servicecidrs',
    { cidrs: ['10.5.0.0/24'] },
    { cidrs: ['10.5.0.0'] },
    /spec\.cidrs\[0\]: Invalid value: "10\.5\.0\.0"/,
  ],
  [
    '/apis/certificates.k8s.io/v1alpha1/clustertrustbundles',
    { trustBundle: authority },
    { trustBundle: 'x' },
    /spec\.trustBundle: Invalid value: "<value omitted>": at least one trust anchor must be provided/,
  ],
]

for (const [path, good, bad, message] of small) {
  test(`${path} takes what is right and refuses what is wrong`, async () => {
    await withServer(async (call) => {
      const refused = await call('POST', path, { metadata: { name: 'x' }, spec: bad })
      assert.match(refused.message ?? '', message)
      const made = await call('POST', path, { metadata: { name: 'x' }, spec: good })
      assert.equal(made.message, undefined)
      assert.equal((await call('GET', `${path}/x`)).metadata.uid, made.metadata.uid)
    })
  })
}

test('a bundle holds certificates of authorities, each once', async () => {
  await withServer(async (call) => {
    const why = async (trustBundle: string) => {
      const path = '/apis/certificates.k8s.io/v1beta1/clustertrustbundles'
      const { message = '' } = await call('POST', path, { metadata: { name: 'b' }, spec: { trustBundle } })
      return message.replace(/^.*<value omitted>": /, '')
    }
    const block = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
    assert.equal(await why(authority + block('CERTIFICATE', 'MAA=')), 'entry 1 does not parse as X.509')
    assert.equal(await why(block('KEY', 'MAA=')), 'entry 0 has bad block type: KEY')
    assert.equal(await why(block('CERTIFICATE', 'a: b\n\nMAA=')), 'entry 0 has PEM block headers')
    assert.equal(await why(authority + authority), 'duplicate trust anchor (indices [0 1])')
  })
})

test('who uses a version that goes away is told until when, and what takes its place', async () => {
  const caller = await TestCaller.start({ enabled })
  try {
    const warned = async (path: string) => (await caller.call('GET', path)).headers.warning
    const claims = await warned('/apis/resource.k8s.io/v1beta1/resourceclaims')
    assert.equal(claims, '299 - "resource.k8s.io/v1beta1 ResourceClaim is deprecated in v1.35+, unavailable in v1.38+"')
    const classes = await warned('/apis/storage.k8s.io/v1beta1/volumeattributesclasses')
    assert.match(classes ?? '', /unavailable in v1\.37\+; use storage\.k8s\.io\/v1 VolumeAttributesClass"$/)
    assert.equal(await warned('/apis/resource.k8s.io/v1beta2/devicetaintrules'), undefined)
  } finally {
    await caller.api.stop()
  }
})
