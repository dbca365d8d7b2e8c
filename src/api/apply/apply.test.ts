import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiError } from '../errors.ts'
import { objectType } from '../schema/registry.ts'
import type { Deployment } from '../types/apps/v1.ts'
import { type ApplyRequest, applyPatch } from './apply.ts'
import type { ApplyContext } from './context.ts'
import { lastAppliedAnnotation } from './last-applied.ts'
import { resetFields } from './reset-fields.ts'
import { keepUnchangedTimes, updateManagedFields } from './update.ts'

const identity = { apiVersion: 'apps/v1', kind: 'Deployment' }
const endpoint = { group: 'apps', plural: 'deployments', hasStatus: true }

function context(second: number, subresource = ''): ApplyContext {
  const ignored = resetFields({ ...endpoint, subresource })!
  const now = `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`
  return { type: objectType(identity)!, ...identity, subresource, ignored, now }
}

type Loose = Record<string, unknown>

function apply(
  live: Deployment | undefined,
  patch: Loose,
  options: Partial<ApplyRequest<Deployment>> = {},
): Deployment {
  const full = { ...identity, ...patch }
  return applyPatch<Deployment>({ ...context(1), live, patch: full, manager: 'm1', force: false, ...options })
}

function create(object: Loose, manager = 'creator'): Deployment {
  const updated = { ...identity, metadata: { name: 'd', uid: 'u' }, ...object } as Deployment
  return updateManagedFields({ ...context(0), live: undefined, updated, manager })
}

function owned(object: Deployment): Record<string, unknown> {
  return Object.fromEntries(
    (object.metadata.managedFields ?? []).map((entry) => [`${entry.manager} ${entry.operation}`, entry.fieldsV1]),
  )
}

function failure(run: () => unknown): ApiError {
  try {
    run()
  } catch (error) {
    return error as ApiError
  }
  throw new Error('nothing was thrown')
}

const container = (image: string, more: Loose = {}) => ({
  spec: { template: { spec: { containers: [{ name: 'c', image, ...more }] } } },
})

test('applyPatch owns exactly what was applied, with defaulted list keys', () => {
  const object = apply(undefined, {
    metadata: { name: 'd', labels: { a: '1' } },
    ...container('x', { ports: [{ containerPort: 80 }] }),
  })
  assert.deepEqual(owned(object), {
    'm1 Apply': {
      'f:metadata': { 'f:labels': { 'f:a': {} } },
      'f:spec': {
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:image': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    },
  })
})

test('applyPatch refuses a change of what another applied, and force takes it over', () => {
  const live = apply(undefined, container('x:1'))
  const error = failure(() => apply(live, container('x:2'), { manager: 'm2' }))
  const path = '.spec.template.spec.containers[name="c"].image'
  assert.equal(error.message, `Apply failed with 1 conflict: conflict with "m1": ${path}`)
  assert.deepEqual(error.status.details, {
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: path }],
  })
  const forced = apply(live, container('x:2'), { manager: 'm2', force: true })
  assert.equal(forced.spec?.template.spec?.containers[0]?.image, 'x:2')
  assert.doesNotMatch(JSON.stringify(owned(forced)['m1 Apply']), /image/)
})

test('applyPatch names several conflicts by manager, with operation and subresource', () => {
  const live = create({ spec: { replicas: 1, minReadySeconds: 1 } })
  const scaled = updateManagedFields({
    ...context(2),
    subresource: 'scale',
    live,
    updated: { ...live, spec: { ...live.spec!, replicas: 2 } },
    manager: 'hpa',
  })
  const error = failure(() => apply(scaled, { spec: { replicas: 3, minReadySeconds: 2 } }))
  assert.equal(
    error.message,
    'Apply failed with 2 conflicts: conflicts with "creator" using apps/v1:\n- .spec.minReadySeconds\n' +
      'conflicts with "hpa" with subresource "scale" using apps/v1:\n- .spec.replicas',
  )
})

test('applyPatch shares a field applied with the same value, and removes it when the last gives it up', () => {
  const shared = apply(
    apply(undefined, { spec: { minReadySeconds: 5 } }),
    { spec: { minReadySeconds: 5 } },
    { manager: 'm2' },
  )
  const one = apply(shared, { spec: {} })
  assert.equal(one.spec?.minReadySeconds, 5)
  const none = apply(one, { spec: {} }, { manager: 'm2' })
  assert.equal(none.spec?.minReadySeconds, undefined)
})

test('applyPatch removes list items it no longer names, but not those of others', () => {
  const both = {
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'a' },
            { name: 'b', image: 'b' },
          ],
        },
      },
    },
  }
  const shared = apply(
    apply(undefined, both),
    { spec: { template: { spec: { containers: [{ name: 'b', image: 'b' }] } } } },
    { manager: 'm2' },
  )
  const left = apply(shared, { spec: { template: { spec: { containers: [] } } } })
  assert.deepEqual(left.spec?.template.spec?.containers, [{ name: 'b', image: 'b' }])
})

test('applyPatch leaves status to the status endpoint', () => {
  const live = apply(undefined, { spec: { replicas: 1 }, status: { replicas: 9 } })
  assert.deepEqual(owned(live), { 'm1 Apply': { 'f:spec': { 'f:replicas': {} } } })
})

test('applyPatch gives an untracked object to before-first-apply', () => {
  const live = { ...identity, metadata: { name: 'd', uid: 'u' }, spec: { replicas: 1 } } as unknown as Deployment
  const error = failure(() => apply(live, { spec: { replicas: 2 } }))
  assert.match(error.message, /conflict with "before-first-apply" using apps\/v1: \.spec\.replicas/)
})

test('applyPatch by kubectl takes over what client-side apply set, and renews its annotation', () => {
  const config = { ...identity, metadata: { name: 'd' }, spec: { replicas: 1 } }
  const annotations = { [lastAppliedAnnotation]: JSON.stringify(config) }
  const live = create(
    { metadata: { name: 'd', uid: 'u', annotations }, spec: { replicas: 1, minReadySeconds: 1 } },
    'kubectl-client-side-apply',
  )
  const applied = apply(live, { metadata: { name: 'd' }, spec: { replicas: 2 } }, { manager: 'kubectl' })
  const expected = '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":2}}\n'
  assert.equal(applied.metadata.annotations?.[lastAppliedAnnotation], expected)
  assert.equal(failure(() => apply(live, { spec: { minReadySeconds: 2 } }, { manager: 'kubectl' })).code, 409)
})

test('applyPatch keeps times when nothing changes', () => {
  const live = apply(undefined, { spec: { replicas: 1 } })
  const again = apply(live, { spec: { replicas: 1 } }, context(9))
  assert.deepEqual(again.metadata.managedFields, live.metadata.managedFields)
})

const refused: [string, Loose, number, RegExp][] = [
  ['another kind', { kind: 'Pod' }, 400, /^invalid object type: apps\/v1, Kind=Pod$/],
  [
    'another version',
    { apiVersion: 'apps/v2' },
    400,
    /^Incorrect version specified in apply patch. Specified patch version: apps\/v2, expected: apps\/v1$/,
  ],
  ['managed fields', { metadata: { managedFields: [] } }, 400, /^metadata.managedFields must be nil$/],
  [
    'an unknown field',
    { metadata: { name: 'd' }, bogus: 1 },
    500,
    /^failed to create typed patch object \(\/d; apps\/v1, Kind=Deployment\): \.bogus: field not declared in schema$/,
  ],
  ['a wrong type', { spec: { replicas: 'x' } }, 500, /\.spec\.replicas: expected numeric/],
  [
    'a duplicate',
    { spec: { template: { spec: { containers: [{ name: 'c' }, { name: 'c' }] } } } },
    500,
    /\.spec\.template\.spec\.containers: duplicate entries for key \[name="c"\]$/,
  ],
]

for (const [name, patch, code, message] of refused) {
  test(`applyPatch refuses ${name}`, () => {
    const error = failure(() => apply(undefined, patch))
    assert.equal(error.code, code)
    assert.match(error.message, message)
  })
}

test('updateManagedFields gives a creator the new fields without implied parents', () => {
  const object = create({ spec: { replicas: 1, strategy: { rollingUpdate: { maxSurge: 1 } }, ...container('x').spec } })
  assert.deepEqual(owned(object)['creator Update'], {
    'f:spec': {
      'f:replicas': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} } },
      'f:template': {
        'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } } },
      },
    },
  })
})

test('updateManagedFields leaves everything when nothing changed', () => {
  const live = create({ spec: { replicas: 1 } })
  const same = updateManagedFields({ ...context(5), live, updated: structuredClone(live), manager: 'other' })
  assert.deepEqual(same.metadata.managedFields, live.metadata.managedFields)
})

test('updateManagedFields does not start tracking an object by an update', () => {
  const live = { ...identity, metadata: { name: 'd', uid: 'u' } } as Deployment
  const updated = { ...live, spec: { replicas: 1 } } as unknown as Deployment
  assert.equal(updateManagedFields({ ...context(1), live, updated, manager: 'm' }).metadata.managedFields, undefined)
})

test('updateManagedFields forgets all on one empty entry', () => {
  const live = create({ spec: { replicas: 1 } })
  const updated = { ...live, metadata: { ...live.metadata, managedFields: [{}] } } as Deployment
  assert.equal(updateManagedFields({ ...context(1), live, updated, manager: 'm' }).metadata.managedFields, undefined)
})

test('updateManagedFields at the status endpoint owns status alone', () => {
  const live = create({ spec: { replicas: 1 } })
  const updated = { ...live, status: { replicas: 1 } }
  const object = updateManagedFields({ ...context(1, 'status'), live, updated, manager: 'controller' })
  assert.deepEqual(owned(object)['controller Update'], { 'f:status': { 'f:replicas': {} } })
  assert.equal(object.metadata.managedFields?.at(-1)?.subresource, 'status')
})

test('updateManagedFields joins the oldest beyond ten into ancient-changes', () => {
  let live = create({ spec: { replicas: 1 } }, 'first')
  for (let index = 0; index < 14; index++) {
    const labels = { ...live.metadata.labels, [`l${index}`]: 'x' }
    const updated = { ...live, metadata: { ...live.metadata, labels } }
    live = updateManagedFields({ ...context(index), live, updated, manager: `m${index}` })
  }
  const names = live.metadata.managedFields?.map((entry) => entry.manager)
  assert.equal(names?.length, 10)
  assert.equal(names?.[0], 'ancient-changes')
  assert.match(JSON.stringify(owned(live)['ancient-changes Update']), /f:l0.*f:l4/)
})

test('keepUnchangedTimes keeps the old times only when nothing else changed', () => {
  const live = create({ spec: { replicas: 1 } })
  const later = {
    ...live,
    metadata: {
      ...live.metadata,
      managedFields: live.metadata.managedFields!.map((entry) => ({ ...entry, time: 'later' })),
    },
  }
  assert.equal(keepUnchangedTimes(live, later).metadata.managedFields, live.metadata.managedFields)
  assert.equal(
    keepUnchangedTimes(live, { ...later, spec: { ...later.spec!, replicas: 2 } }).metadata.managedFields?.[0]?.time,
    'later',
  )
})

test('updateManagedFields owns what an empty object implies', () => {
  const spec = { podFailurePolicy: {}, template: { spec: { affinity: {} } } }
  const type = objectType({ apiVersion: 'batch/v1', kind: 'Job' })!
  const updated = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', uid: 'u' },
    spec,
  } as unknown as Deployment
  const made = updateManagedFields({ ...context(0), type, live: undefined, updated, manager: 'm' })
  const owned = made.metadata.managedFields?.[0]?.fieldsV1 as { 'f:spec': Record<string, unknown> }
  assert.deepEqual(owned['f:spec']['f:podFailurePolicy'], { '.': {}, 'f:rules': {} })
})
