/** Feature gates that only relax rules: what is refused while they are closed, taken once open, and kept ever after. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import { readFeatureGates } from '../scheme/feature-gates.ts'
import { idleGates } from '../scheme/gates-in-use.ts'
import { TestCaller } from '../testbed/caller.ts'

const containers = [{ name: 'c', image: 'i' }]
const core = '/api/v1/namespaces/default'
const labels = { a: 'b' }
const deployment = (spec: object) => ({
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers, ...spec } } },
})
const cronJob = (spec: object) => ({
  spec: {
    schedule: '* * * * *',
    jobTemplate: { spec: { template: { spec: { containers, restartPolicy: 'Never', ...spec } } } },
  },
})
const external = { metric: { name: 'm' }, target: { type: 'Value', value: '1' } }
const autoscaler = {
  spec: {
    minReplicas: 0,
    maxReplicas: 3,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    metrics: [{ type: 'External', external }],
  },
}
const comparing = { tolerations: [{ key: 'k', operator: 'Gt', value: '5' }] }

const cases: [gate: string, path: string, object: object, refusal: RegExp][] = [
  [
    'TaintTolerationComparisonOperators',
    `${core}/pods`,
    { spec: { containers, ...comparing } },
    /spec\.tolerations\[0\]\.operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"/,
  ],
  [
    'TaintTolerationComparisonOperators',
    '/apis/apps/v1/namespaces/default/deployments',
    deployment(comparing),
    /spec\.template\.spec\.tolerations\[0\]\.operator: Unsupported value/,
  ],
  [
    'TaintTolerationComparisonOperators',
    '/apis/batch/v1/namespaces/default/cronjobs',
    cronJob(comparing),
    /spec\.jobTemplate\.spec\.template\.spec\.tolerations\[0\]\.operator: Unsupported value/,
  ],
  [
    'SELinuxMount',
    `${core}/pods`,
    { spec: { containers, securityContext: { seLinuxChangePolicy: 'MountOption' } } },
    /spec\.securityContext\.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"/,
  ],
  [
    'UserNamespacesHostNetworkSupport',
    `${core}/podtemplates`,
    { template: { spec: { containers, hostUsers: false, hostNetwork: true } } },
    /template\.spec\.hostNetwork: Forbidden: when `hostUsers` is false/,
  ],
  [
    'HPAScaleToZero',
    '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    autoscaler,
    /spec\.minReplicas: Invalid value: 0: must be greater than or equal to 1/,
  ],
]

for (const [gate, path, object, refusal] of cases) {
  test(`${gate} opens what it names for ${path}, and what is stored stays changeable`, async () => {
    const clock = simulatedClock()
    const store = memoryStore({ clock })
    const named = { ...object, metadata: { name: 'x' } }
    const relabelled = { ...object, metadata: { name: 'x', labels: { changed: 'yes' } } }
    const closed = await TestCaller.start({ store, clock })
    const refused = await closed.call('POST', path, named)
    assert.equal(refused.status, 422)
    assert.match(refused.body.message ?? '', refusal)
    await closed.api.stop()
    const open = await TestCaller.start({ store, clock, gates: readFeatureGates([`${gate}=true`]) })
    const created = await open.call('POST', path, named)
    assert.equal(created.status, 201, created.body.message)
    await open.api.stop()
    const again = await TestCaller.start({ store, clock })
    const changed = await again.call('PATCH', `${path}/x`, relabelled, { contentType: 'application/merge-patch+json' })
    assert.equal(changed.status, 200, changed.body.message)
    assert.equal((await again.call('POST', path, { ...object, metadata: { name: 'y' } })).status, 422)
    await again.api.stop()
    await store.close()
  })
}

const gatesOf = (gate: string) => ({ gates: readFeatureGates([`${gate}=true`]) })

test('a toleration compares with whole numbers of 64 bits only', async () => {
  const caller = await TestCaller.start(gatesOf('TaintTolerationComparisonOperators'))
  const canonical = 'must be a valid decimal integer in canonical form'
  const syntax = (text: string) => `strconv.ParseInt: parsing "${text}": invalid syntax`
  for (const [value, ...wrong] of [
    ['-9223372036854775808'],
    ['', 'must be non-empty', syntax('')],
    ['01', canonical],
    ['+5', canonical],
    ['1.5', canonical, syntax('1.5')],
    ['9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
  ] as const) {
    const spec = { containers, tolerations: [{ key: 'k', operator: 'Lt', value }] }
    const { body } = await caller.call('POST', `${core}/pods?dryRun=All`, { metadata: { name: 'x' }, spec })
    const causes: { message: string }[] = body.details?.causes ?? []
    const expected = wrong.map((why) => `Invalid value: ${JSON.stringify(value)}: ${why}`)
    assert.deepEqual(
      causes.map(({ message }) => message),
      expected,
      value,
    )
  }
  await caller.api.stop()
})

test('where volumes are reached from changes with MutablePVNodeAffinity only', async () => {
  const volume = (zone: string) => ({
    metadata: { name: 'v' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/v' },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] },
      },
    },
  })
  for (const [options, status] of [
    [{}, 422],
    [gatesOf('MutablePVNodeAffinity'), 200],
  ] as const) {
    const caller = await TestCaller.start(options)
    await caller.call('POST', '/api/v1/persistentvolumes', volume('a'))
    assert.equal((await caller.call('PUT', '/api/v1/persistentvolumes/v', volume('b'))).status, status)
    await caller.api.stop()
  }
})

test('claims take what another namespace holds with CrossNamespaceVolumeDataSource only', async () => {
  const elsewhere = { apiGroup: 'foo.io', kind: 'Foo', name: 'from', namespace: 'other' }
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  const path = `${core}/persistentvolumeclaims`
  for (const [options, kept] of [
    [{}, undefined],
    [gatesOf('CrossNamespaceVolumeDataSource'), elsewhere],
  ] as const) {
    const caller = await TestCaller.start(options)
    const { body } = await caller.call('POST', path, {
      metadata: { name: 'c' },
      spec: { ...spec, dataSourceRef: elsewhere },
    })
    assert.deepEqual([body.spec.dataSourceRef, body.spec.dataSource], [kept, undefined])
    const other = { kind: 'Foo', apiGroup: 'foo.io', name: 'x' }
    const both = { ...spec, dataSource: other, dataSourceRef: elsewhere }
    const { status } = await caller.call('POST', path, { metadata: { name: 'd' }, spec: both })
    assert.equal(status, kept ? 422 : 201)
    await caller.api.stop()
  }
})

test('nobody is told that these gates change nothing', () => {
  const names = [...cases.map(([gate]) => gate), 'MutablePVNodeAffinity', 'CrossNamespaceVolumeDataSource']
  const needed = 'NodeDeclaredFeatures=true'
  assert.deepEqual(idleGates(readFeatureGates([needed, ...names.map((name) => `${name}=true`)])), [])
})
