import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { encodeProtobuf, isProtobuf } from '../../api/codec/protobuf.ts'
import { apiVersionOf } from '../../api/meta.ts'
import { groupVersionInfos, objectType } from '../../api/schema/registry.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import type { Store } from '../../store/store.ts'
import { transformedStore } from '../../store/transformed-store.ts'
import { builtInStorePrefix } from '../scheme/store-prefix.ts'
import { type StorageMediaType, storageCodec } from './media-type.ts'
import { placeOfKey } from './resource-of-key.ts'

interface Recorded {
  json?: { kind: string; apiVersion: string; metadata: { name: string; namespace?: string; resourceVersion?: string } }
  protobuf: string
}
const recorded = JSON.parse(
  readFileSync(new URL('../../api/codec/testdata/recorded-objects.json', import.meta.url), 'utf8'),
) as Recorded[]

const places = new Map(
  groupVersionInfos().flatMap(({ resources }) =>
    resources.map(
      ({ resource, body }) => [`${apiVersionOf(body)} ${body.kind}`, builtInStorePrefix(resource)] as const,
    ),
  ),
)
/** Stored as another version. */
const converted: ReadonlySet<string> = new Set(['HorizontalPodAutoscaler', 'Event'])

const objects = recorded.flatMap(({ json, protobuf }) =>
  json?.metadata?.name && objectType(json) ? [{ json, protobuf: Buffer.from(protobuf, 'base64') }] : [],
)

async function stores(mediaType: StorageMediaType): Promise<{ raw: Store; store: Store }> {
  const raw = memoryStore({ clock: simulatedClock() })
  return { raw, store: transformedStore(raw, await storageCodec(mediaType)) }
}

const put = (store: Store, key: string, value: Uint8Array | string) =>
  store.commit([{ op: 'put', key, value: typeof value === 'string' ? Buffer.from(value) : value }])

async function json(store: Store, key: string): Promise<Record<string, unknown>> {
  return JSON.parse(Buffer.from((await store.get(key)).item!.value).toString())
}

test('storageCodec reads what a Go server encoded, of every recorded kind, as what the server said in JSON', async () => {
  const { raw, store } = await stores('application/vnd.kubernetes.protobuf')
  const kinds = new Set<string>()
  for (const [index, { json: expected, protobuf }] of objects.entries()) {
    const place = places.get(`${expected.apiVersion} ${expected.kind}`)
    if (!place || converted.has(expected.kind)) continue
    const key = `${place}a/${index}`
    assert.equal(placeOfKey(key), place)
    await put(raw, key, protobuf)
    const { metadata, ...rest } = await json(store, key)
    const { resourceVersion: _, ...wanted } = expected.metadata
    const { metadata: __, ...expectedRest } = expected
    assert.equal(JSON.stringify(rest), JSON.stringify(expectedRest))
    assert.deepEqual(metadata, wanted)
    kinds.add(expected.kind)
  }
  assert.ok(kinds.size >= 40, `${kinds.size} kinds`)
})

test('storageCodec writes protobuf where upstream does, JSON elsewhere, and reads both', async () => {
  const map = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"a":"b"}}'
  const panda = '{"kind":"Panda","apiVersion":"example.com/v1","metadata":{"name":"a"},"spec":{"n":1}}'
  const service = '{"kind":"APIService","apiVersion":"apiregistration.k8s.io/v1","metadata":{"name":"v1.a"}}'
  const range = '{"kind":"RangeAllocation","apiVersion":"v1","metadata":{},"range":"30000-32767","data":"AgE="}'
  for (const mediaType of ['application/json', 'application/vnd.kubernetes.protobuf'] as const) {
    const { raw, store } = await stores(mediaType)
    const cases = [
      { key: '/registry/configmaps/a/a', text: map, protobuf: true },
      { key: '/registry/example.com/pandas/a/a', text: panda, protobuf: false },
      { key: '/registry/apiregistration.k8s.io/apiservices/v1.a', text: service, protobuf: false },
      { key: '/registry/ranges/servicenodeports', text: range, protobuf: true },
      { key: '/registry/others', text: '{}', protobuf: false },
    ]
    for (const { key, text, protobuf } of cases) {
      await put(store, key, text)
      const below = (await raw.get(key)).item!.value
      assert.equal(isProtobuf(below), protobuf && mediaType !== 'application/json', key)
      assert.equal(Buffer.from((await store.get(key)).item!.value).toString(), text)
      // Another server, which has written nothing.
      const other = transformedStore(raw, await storageCodec('application/json'))
      assert.deepEqual(await json(other, key), JSON.parse(text))
    }
  }
})

test('storageCodec reads JSON as Go writes it, and versions that only Go stores', async () => {
  const { raw, store } = await stores('application/vnd.kubernetes.protobuf')
  const secret = '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"},"type":"Opaque"}'
  await put(raw, '/registry/secrets/a/a', `${secret}\n`)
  assert.equal(Buffer.from((await store.get('/registry/secrets/a/a')).item!.value).toString(), secret)
  // A newline at the end tells that another server wrote it, which leaves defaults to whoever reads.
  const claim = '{"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"a"},"spec":{},"status":{}}'
  await put(raw, '/registry/persistentvolumeclaims/a/a', `${claim}\n`)
  assert.deepEqual((await json(store, '/registry/persistentvolumeclaims/a/a')).status, { phase: 'Pending' })
  // Unstructured objects have their fields by the alphabet.
  await put(
    raw,
    '/registry/example.com/pandas/a',
    '{"apiVersion":"example.com/v1","kind":"Panda","metadata":{"name":"a"}}\n',
  )
  assert.deepEqual(Object.keys(await json(store, '/registry/example.com/pandas/a')), ['kind', 'apiVersion', 'metadata'])
  const scaler = {
    ...{ kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v1', metadata: { name: 'a' } },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
  }
  await put(raw, '/registry/horizontalpodautoscalers/a/a', encodeProtobuf(scaler, objectType(scaler)))
  const autoscaler = await json(store, '/registry/horizontalpodautoscalers/a/a')
  assert.equal(autoscaler.apiVersion, 'autoscaling/v2')
  assert.match(JSON.stringify(autoscaler), /"averageUtilization":50/)
})

test('storageCodec reads a beta that Go stored as the version that is stored here', async () => {
  const { raw, store } = await stores('application/vnd.kubernetes.protobuf')
  const claim = {
    ...{ kind: 'ResourceClaim', apiVersion: 'resource.k8s.io/v1beta1', metadata: { name: 'a' } },
    spec: { devices: { requests: [{ name: 'r', deviceClassName: 'c', allocationMode: 'All' }] } },
  }
  const rule = {
    ...{ kind: 'DeviceTaintRule', apiVersion: 'resource.k8s.io/v1alpha3', metadata: { name: 'a' } },
    spec: { taint: { key: 'k', effect: 'NoSchedule' } },
  }
  for (const [place, object, version] of [
    ['resourceclaims/a', claim, 'resource.k8s.io/v1'],
    ['devicetaintrules', rule, 'resource.k8s.io/v1beta2'],
  ] as const) {
    const key = `/registry/${place}/a`
    await put(raw, key, encodeProtobuf(object, objectType(object)))
    const read = await json(store, key)
    assert.equal(read.apiVersion, version)
    await put(store, key, JSON.stringify(read))
    assert.ok(isProtobuf((await raw.get(key)).item!.value))
  }
  const { spec } = (await json(store, '/registry/resourceclaims/a/a')) as { spec: typeof claim.spec }
  const exactly = { deviceClassName: 'c', allocationMode: 'All' }
  assert.deepEqual(spec.devices.requests, [{ name: 'r', exactly }])
})

test('storageCodec reads definitions in v1beta1, as Go stores them', async () => {
  const { raw, store } = await stores('application/json')
  const definition = {
    ...{
      kind: 'CustomResourceDefinition',
      apiVersion: 'apiextensions.k8s.io/v1beta1',
      metadata: { name: 'pandas.a.b' },
    },
    spec: {
      ...{ group: 'a.b', version: 'v1', scope: 'Namespaced', names: { plural: 'pandas', kind: 'Panda' } },
      validation: { openAPIV3Schema: { type: 'object' } },
      subresources: { status: {} },
      versions: [
        { name: 'v1', served: true, storage: true },
        {
          name: 'v2',
          served: true,
          storage: false,
          additionalPrinterColumns: [{ name: 'N', type: 'string', JSONPath: '.spec.n' }],
        },
      ],
      conversion: { strategy: 'None' },
      preserveUnknownFields: false,
    },
  }
  const key = '/registry/apiextensions.k8s.io/customresourcedefinitions/pandas.a.b'
  await put(raw, key, `${JSON.stringify(definition)}\n`)
  const { apiVersion, spec } = (await json(store, key)) as { apiVersion: string; spec: Record<string, unknown> }
  assert.equal(apiVersion, 'apiextensions.k8s.io/v1')
  const common = { served: true, schema: { openAPIV3Schema: { type: 'object' } }, subresources: { status: {} } }
  assert.deepEqual(spec, {
    ...{
      group: 'a.b',
      scope: 'Namespaced',
      names: { plural: 'pandas', singular: 'panda', kind: 'Panda', listKind: 'PandaList' },
      conversion: { strategy: 'None' },
    },
    versions: [
      { ...common, name: 'v1', storage: true },
      {
        ...common,
        name: 'v2',
        storage: false,
        additionalPrinterColumns: [{ name: 'N', type: 'string', jsonPath: '.spec.n' }],
      },
    ],
  })
})
