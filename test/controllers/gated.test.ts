/** Controllers that are off upstream until their feature gate is on, against a server that serves all versions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apiextensionsV1,
  certificatesV1beta1,
  coordinationV1,
  coreV1,
  resourceV1,
  resourceV1alpha3,
  resourceV1beta2,
  schedulingV1alpha2,
  storagemigrationV1beta1,
} from '../../src/api/resources.ts'
import type { CustomResourceDefinition } from '../../src/api/types/apiextensions/v1.ts'
import { enabledApis } from '../../src/apiserver/scheme/enabled.ts'
import { openGates, readFeatureGates } from '../../src/apiserver/scheme/feature-gates.ts'
import { startTestApiServer } from '../../src/apiserver/testbed/server.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/client-impl.ts'
import { ControllerGroup } from '../../src/cluster/control-plane/controller-group.ts'
import type { StorageVersion } from '../../src/controllers/storage-version-garbage-collector/plan.ts'
import { storageVersionResource } from '../../src/controllers/storage-version-garbage-collector/reconcile.ts'
import { simulatedClock } from '../../src/platform/simulated/clock.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'

interface Bed extends AsyncDisposable {
  client: Client
  /** Of the controllers that run. */
  names: string[]
  /** Lets time pass, in steps of a second. */
  pass(seconds: number): Promise<void>
}

async function start(gate: string, on = true, definitions: readonly CustomResourceDefinition[] = []): Promise<Bed> {
  const clock = simulatedClock()
  const gates = readFeatureGates([`${gate}=${on}`])
  const enabled = enabledApis(['api/all=true'], gates)
  const api = await startTestApiServer({ clock, enabled, gates })
  for (const one of definitions)
    await createClient(api.transport).of(apiextensionsV1.customResourceDefinitions).create(one)
  const group = new ControllerGroup({
    ...{ clock, random: simulatedRandom('gated'), log: api.log, rootCaPem },
    transportFor: () => api.transport,
    controllerOptions: { featureGates: openGates(gates) },
    tuning: { roles: 'controllers', freeze: true },
  })
  await group.start()
  await clock.advance(1_000)
  return {
    client: createClient(api.transport),
    names: [...group.queueDepths().keys()],
    async pass(seconds) {
      for (let second = 0; second < seconds; second++) await clock.advance(1_000)
    },
    async [Symbol.asyncDispose]() {
      const stopped = group.stop()
      await clock.advance(10_000)
      await stopped
      await api.stop()
    },
  }
}

/** A real certificate: what is no certificate is not taken into a bundle. */
const rootCaPem = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUTscWQgndbyQ4uRuad0IlLxA9NrwwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIyMjUwMDFaGA8yMTI2MTAyOTIyNTAw
MVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAs+
aK3y7GIpcgnGD194KZoNFo1pbymUiojZGhsuUsuQpEuxbrhJUsQNTx7FvEeUwEE7
8Z9oU+aiHwnPNgKKf4ejUzBRMB0GA1UdDgQWBBRJz7xld9nsSvNDWrRGHyrDsn9G
ZzAfBgNVHSMEGDAWgBRJz7xld9nsSvNDWrRGHyrDsn9GZzAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDb+/3gQ/zlkREE6WSqT/GOw34VPAJAaAbn
ZpioIuc+/QIgJdpGx4tDmpvTY2tCcQY4uN4N3YSm9wG9P/Sv80Ds39I=
-----END CERTIFICATE-----
`

test('a migration rewrites custom resources and leaves one stored version', async () => {
  await using bed = await start('StorageVersionMigrator')
  const definitions = bed.client.of(apiextensionsV1.customResourceDefinitions)
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }
  const version = (name: string, storage: boolean) => ({
    ...{ name, storage, served: true },
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  })
  const spec = {
    group: 'example.com',
    scope: 'Namespaced',
    names,
    versions: [version('v1', true), version('v2', false)],
  }
  await definitions.create({ metadata: { name: 'widgets.example.com' }, spec } as never)
  await bed.pass(1)
  const path = '/apis/example.com/v1/namespaces/default/widgets'
  await bed.client.raw('POST', path, { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } })
  const turned = { spec: { versions: [version('v1', false), version('v2', true)] } }
  await definitions.patch('widgets.example.com', { type: 'merge', patch: turned })
  await bed.pass(1)
  assert.deepEqual((await definitions.get('widgets.example.com')).status?.storedVersions, ['v1', 'v2'])
  const before = await bed.client.raw<{ metadata: { resourceVersion: string } }>('GET', `${path}/w`)
  const migrations = bed.client.of(storagemigrationV1beta1.storageVersionMigrations)
  const resource = { group: 'example.com', resource: 'widgets' }
  for (const name of ['first', 'second']) await migrations.create({ metadata: { name }, spec: { resource } })
  await bed.pass(20)
  const told = async (name: string) =>
    ((await migrations.get(name)).status?.conditions ?? [])
      .map(({ type, status, reason }) => [type, status, reason])
      .sort()
  const over = [
    ['Running', 'False', 'MigrationCompleted'],
    ['Succeeded', 'True', 'StorageVersionMigrationSucceeded'],
  ]
  assert.deepEqual([await told('first'), await told('second')], [over, over])
  const { status } = await definitions.get('widgets.example.com')
  assert.deepEqual(status?.storedVersions, ['v2'])
  const migrating = status?.conditions?.find(({ type }) => type === 'StorageMigrating')
  assert.deepEqual([migrating?.status, migrating?.reason], ['False', 'MigrationSucceeded'])
  const after = await bed.client.raw<{ metadata: { resourceVersion: string } }>('GET', `${path}/w`)
  assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion)
})

test('a migration of what nobody serves fails after a minute', async () => {
  await using bed = await start('StorageVersionMigrator')
  const migrations = bed.client.of(storagemigrationV1beta1.storageVersionMigrations)
  const resource = { group: 'example.com', resource: 'nothings' }
  await migrations.create({ metadata: { name: 'm' }, spec: { resource } })
  await bed.pass(30)
  const failed = async () =>
    (await migrations.get('m')).status?.conditions?.find(({ type }) => type === 'Failed')?.message
  assert.equal(await failed(), undefined)
  await bed.pass(40)
  assert.equal(await failed(), 'resource does not exist in discovery')
})

test("the API server's authorities are a bundle of their own, and former ones go", async () => {
  await using bed = await start('ClusterTrustBundle')
  const bundles = bed.client.of(certificatesV1beta1.clusterTrustBundles)
  const signerName = 'kubernetes.io/kube-apiserver-serving'
  const name = 'kubernetes.io:kube-apiserver-serving:old'
  await bundles.create({ metadata: { name }, spec: { signerName, trustBundle: rootCaPem } })
  await bed.pass(2)
  const { items } = await bundles.list()
  assert.equal(items.length, 1)
  assert.match(items[0]?.metadata.name ?? '', /^kubernetes\.io:kube-apiserver-serving:[0-9a-f]{24}$/)
  assert.equal(items[0]?.spec.trustBundle, rootCaPem)
})

test('a taint rule evicts pods, says so, and tells what it would do without effect', async () => {
  await using bed = await start('DRADeviceTaintRules')
  const pods = bed.client.of(coreV1.pods, 'default')
  const claims = bed.client.of(resourceV1.resourceClaims, 'default')
  const rules = bed.client.of(resourceV1beta2.deviceTaintRules)
  const devices = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] }
  const claim = await claims.create({ metadata: { name: 'c' }, spec: { devices } })
  const result = { request: 'r', driver: 'd.example.com', pool: 'p', device: 'gpu' }
  await claims.updateStatus({ ...claim, status: { allocation: { devices: { results: [result] } } } })
  const containers = [{ name: 'c', image: 'i:1' }]
  const resourceClaims = [{ name: 'gpu', resourceClaimName: 'c' }]
  await bed.client.of(coreV1.nodes).create({ metadata: { name: 'n' } })
  await pods.create({ metadata: { name: 'p' }, spec: { nodeName: 'n', containers, resourceClaims } })
  await bed.pass(1)
  const rule = (name: string, effect: string) =>
    rules.create({
      metadata: { name },
      spec: { deviceSelector: { driver: 'd.example.com' }, taint: { key: 'k', effect } },
    })
  const told = async (name: string) => {
    await bed.pass(25)
    const [condition] = (await rules.get(name)).status?.conditions ?? []
    return [condition?.status, condition?.reason, condition?.message]
  }
  await rule('would', 'None')
  assert.deepEqual(await told('would'), [
    'False',
    'NoEffect',
    '0 published devices selected. 1 allocated device selected. 1 pod would be evicted in 1 namespace if the effect was NoExecute. This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.',
  ])
  await rule('does', 'NoExecute')
  assert.deepEqual(await told('does'), ['False', 'Completed', '1 pod evicted since starting the controller.'])
  assert.ok((await pods.get('p')).metadata.deletionTimestamp)
})

test('device taints evict nobody while their gate is closed', async () => {
  const evictor = 'device-taint-eviction-controller'
  await using closed = await start('DRADeviceTaints', false)
  assert.equal(closed.names.includes(evictor), false)
  await using open = await start('DRADeviceTaints')
  assert.ok(open.names.includes(evictor))
})

test('a pod group that is deleted stays for as long as a pod of it is not over', async () => {
  await using bed = await start('GenericWorkload')
  const groups = bed.client.of(schedulingV1alpha2.podGroups, 'default')
  const finalizers = ['scheduling.k8s.io/podgroup-protection']
  const spec = { schedulingPolicy: { basic: {} } }
  for (const name of ['used', 'unused']) await groups.create({ metadata: { name, finalizers }, spec })
  const pods = bed.client.of(coreV1.pods, 'default')
  const containers = [{ name: 'c', image: 'web:1' }]
  await pods.create({ metadata: { name: 'p' }, spec: { containers, schedulingGroup: { podGroupName: 'used' } } })
  await bed.pass(1)
  for (const name of ['used', 'unused']) await groups.delete(name)
  await bed.pass(1)
  const left = async () => (await groups.list()).items.map(({ metadata }) => metadata.name)
  assert.deepEqual(await left(), ['used'])
  await pods.patchStatus('p', { type: 'merge', patch: { status: { phase: 'Succeeded' } } })
  await bed.pass(1)
  assert.deepEqual(await left(), [])
})

test('a question for pools of devices is answered once they are published whole, and cleared away an hour later', async () => {
  await using bed = await start('DRAResourcePoolStatus')
  const requests = bed.client.of(resourceV1alpha3.resourcePoolStatusRequests)
  const slices = bed.client.of(resourceV1.resourceSlices)
  const pool = { name: 'p', generation: 2, resourceSliceCount: 2 }
  const slice = (name: string, device: string) => ({
    metadata: { name },
    spec: { driver: 'gpu.example.com', nodeName: 'n', pool, devices: [{ name: device }] },
  })
  await slices.create(slice('one', 'a'))
  await slices.create({
    ...slice('old', 'z'),
    spec: { ...slice('old', 'z').spec, pool: { ...pool, generation: 1, resourceSliceCount: 1 } },
  })
  await requests.create({ metadata: { name: 'r' }, spec: { driver: 'gpu.example.com' } })
  await bed.pass(2)
  assert.equal((await requests.get('r')).status, undefined)
  await slices.create(slice('two', 'b'))
  await bed.pass(1)
  const { status } = await requests.get('r')
  assert.deepEqual(status?.pools, [
    {
      ...{ driver: 'gpu.example.com', poolName: 'p', generation: 2, nodeName: 'n', resourceSliceCount: 2 },
      ...{ totalDevices: 2, allocatedDevices: 0, availableDevices: 2, unavailableDevices: 0 },
    },
  ])
  assert.deepEqual(
    [status?.poolCount, status?.conditions?.[0]?.type, status?.conditions?.[0]?.message],
    [1, 'Complete', 'Calculated status for 1 pools'],
  )
  await bed.pass(3_601)
  assert.deepEqual((await requests.list()).items, [])
})

test('API servers that are gone are taken out of the storage versions that another API server keeps', async () => {
  await using bed = await start('StorageVersionAPI', true, [storageVersionDefinition])
  await bed.pass(1)
  const versions = bed.client.of(storageVersionResource)
  const leases = bed.client.of(coordinationV1.leases, 'kube-system')
  const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' }
  for (const name of ['a', 'b']) await leases.create({ metadata: { name, labels }, spec: {} })
  const of = (apiServerID: string, encodingVersion: string) => ({
    apiServerID,
    encodingVersion,
    decodableVersions: [encodingVersion],
  })
  const create = async (name: string, ...storageVersions: object[]) => {
    const made = await versions.create({ metadata: { name } })
    await versions.updateStatus({ ...made, status: { storageVersions } as NonNullable<StorageVersion['status']> })
  }
  await create('both', of('a', 'v1'), of('b', 'v2'))
  await create('gone', of('gone', 'v1'))
  await bed.pass(2)
  assert.deepEqual(
    (await versions.list()).items.map(({ metadata }) => metadata.name),
    ['both'],
  )
  await leases.delete('b')
  await bed.pass(2)
  const { status } = await versions.get('both')
  assert.deepEqual([status?.storageVersions, status?.commonEncodingVersion], [[of('a', 'v1')], 'v1'])
  assert.equal(status?.conditions?.[0]?.reason, 'CommonEncodingVersionSet')
})

const storageVersionDefinition: CustomResourceDefinition = {
  metadata: {
    name: 'storageversions.internal.apiserver.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'unapproved, in place of the built-in kind' },
  },
  spec: {
    group: 'internal.apiserver.k8s.io',
    scope: 'Cluster',
    names: { plural: 'storageversions', singular: 'storageversion', kind: 'StorageVersion' },
    versions: [
      {
        ...{ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
