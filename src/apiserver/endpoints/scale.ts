/** The `scale` subresource: replicas of a workload seen and changed as an autoscaling/v1 Scale. */
import type { FieldPath } from '../../api/apply/field-set.ts'
import { fieldElement } from '../../api/apply/fields-v1.ts'
import { entriesAfterScale, type ScaledObject, scaleEntries } from '../../api/apply/scale.ts'
import { badRequest, conflict, internalError, invalid as invalidObject } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { formatLabelSelector, labelSelectorRequirements } from '../../api/selectors/label.ts'
import type { CustomResourceSubresourceScale } from '../../api/types/apiextensions/v1.ts'
import type { Scale } from '../../api/types/autoscaling/v1.ts'
import type { LabelSelector } from '../../api/types/meta/v1.ts'
import { numberAt, setNumber, textAt } from '../crd/value/scale.ts'
import { presentObject } from '../negotiation/represent.ts'
import { clone } from '../registry/clone.ts'
import { trackUpdate } from '../registry/field-ownership.ts'
import { readWriteQuery, type WriteQuery } from '../registry/options.ts'
import { fromStored } from '../registry/persistence.ts'
import { getObject } from '../registry/read.ts'
import { updateObject } from '../registry/update.ts'
import { nonNegative } from '../registry/validation/field.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import type { Served } from '../scheme/served.ts'
import { objectFromBody } from './body.ts'
import { callerOf, type Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { appliedObject, patchedObject, patchFormat } from './patch.ts'
import { type ReadPatch, readPatch } from './patch-body.ts'
import type { PatchFormat } from './patched.ts'
import { representationOf } from './read.ts'
import type { Endpoint } from './router.ts'
import { matchName, matchNamespace, targetOf, writeOptions } from './write.ts'

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' }

/** Source of the columns: `kubectl get --subresource=scale`. */
const scaleColumns: Served['columns'] = [
  { name: 'Name', type: 'string', format: '', priority: 0 },
  { name: 'Desired', type: 'integer', format: '', priority: 0 },
  { name: 'Available', type: 'integer', format: '', priority: 0 },
  { name: 'Age', type: 'string', format: '', priority: 0 },
]

/** The workload's scales as if they were a resource of their own, for every representation. */
function asScale(served: Served): Served {
  const { verbs, shortNames, categories, subresources, storePrefix, storedKind, splice } = served
  const type = typeOfKind(scaleKind)
  const resource = { ...served.resource, ...scaleKind, plural: 'scales' }
  return {
    ...{
      resource,
      verbs,
      shortNames,
      categories,
      subresources,
      strategy: { resource },
      storePrefix,
      storedKind,
      splice,
    },
    ...{ columns: scaleColumns, type, listType: type, storedType: type, conversion: undefined },
  }
}

type Scalable = KubeObject & {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> }
  status?: { replicas?: number }
}

export function scaleEndpoint(verb: string): Endpoint {
  if (verb === 'get') return getScale
  return verb === 'update' || verb === 'patch'
    ? (parts, served, exchange) => changeScale(parts, served, exchange, verb)
    : refuse
}

const refuse: Endpoint = () => Promise.reject(badRequest('a scale can be read, updated and patched only'))

const getScale: Endpoint = async (parts, served, exchange) => {
  const representation = representationOf(parts, exchange)
  const stored = await getObject(
    parts.registry,
    targetOf(served, exchange),
    exchange.request.query.get('resourceVersion') ?? '',
  )
  const object = fromStored(served, stored)
  requireReplicas(served, object)
  const scale = scaleOf(served, object)
  return await presentObject(parts.presenter, asScale(served), scale, representation)
}

/** Without a number wanted there is nothing to show, though it can be set. */
function requireReplicas({ scale: paths }: Served, object: KubeObject): void {
  if (!paths || numberAt(object, paths.specReplicasPath) !== undefined) return
  throw internalError(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`)
}

async function changeScale(
  ...[parts, served, exchange, verb]: [...Parameters<Endpoint>, 'update' | 'patch']
): ReturnType<Endpoint> {
  const format = verb === 'patch' ? patchFormat(exchange, served) : undefined
  const representation = representationOf(parts, exchange)
  const kind = format ? 'PatchOptions' : 'UpdateOptions'
  const query = readWriteQuery(exchange.request.query, kind, format === 'apply')
  const wanted = format
    ? await patchedScale(parts, served, exchange, { query, format, patchOf: await readPatch(exchange, format, served) })
    : await sentScale(parts, served, exchange, query)
  const written = await updateObject(parts.registry, {
    target: { ...targetOf(served, exchange), subresource: 'scale' },
    caller: callerOf(exchange),
    options: writeOptions(query, 'UpdateOptions'),
    change: (live) => withScale(served, clone(live as Scalable), wanted),
    // The scale brings its owners.
    apply: true,
    uid: undefined,
    admitted: {
      show: (object) => scaleOf(served, object),
      take: (object, scale) => setReplicas(served, object, (scale as Scale).spec?.replicas ?? 0),
    },
  })
  return await presentObject(parts.presenter, asScale(served), scaleOf(served, written.object), representation)
}

/** The scale that is wanted instead of the one that is, both with their managed fields. */
type Wanted = (live: Scale) => Promise<Scale> | Scale

async function sentScale(...[parts, served, exchange, query]: [...Parameters<Endpoint>, WriteQuery]): Promise<Wanted> {
  const expected = { kind: scaleKind, type: typeOfKind(scaleKind) }
  const scale = (await objectFromBody(exchange, expected, query.fieldValidation)) as Scale
  matchNamespace(scale, exchange.info.namespace)
  matchName(scale, exchange.info.name)
  return (live) => tracked(parts, served, exchange, { live, scale })
}

async function patchedScale(
  ...[parts, served, exchange, { query, format, patchOf }]: [
    ...Parameters<Endpoint>,
    { query: WriteQuery; format: PatchFormat; patchOf: ReadPatch },
  ]
): Promise<Wanted> {
  const view = asScale(served)
  if (format === 'apply') {
    return async (live) => (await appliedObject(parts, view, exchange, { live, query, patch: patchOf() })) as Scale
  }
  return async (live) => {
    const scale = (await patchedObject(view, exchange, { live, query, patch: patchOf() })) as Scale
    return tracked(parts, served, exchange, { live, scale })
  }
}

function tracked(
  { registry }: EndpointParts,
  served: Served,
  exchange: Exchange,
  { live, scale }: { live: Scale; scale: Scale },
): Scale {
  const target = { ...targetOf(asScale(served), exchange), subresource: 'scale' }
  return trackUpdate(registry, target, live, scale, callerOf(exchange).manager) as Scale
}

async function withScale(served: Served, live: Scalable, wanted: Wanted): Promise<KubeObject> {
  const owned: ScaledObject = {
    entries: live.metadata.managedFields,
    apiVersion: apiVersionOf(served.resource),
    replicasPath: (apiVersion) => replicasPath(served, apiVersion),
  }
  const before = scaleOf(served, live)
  const entries = scaleEntries(owned)
  if (entries.length > 0) before.metadata.managedFields = entries
  const scale = await wanted(before)
  const object = withReplicas(served, live, scale)
  const after = entriesAfterScale(owned, scale.metadata.managedFields)
  delete object.metadata.managedFields
  if (after.length > 0) object.metadata.managedFields = after
  return object
}

function replicasPath(served: Served, apiVersion: string): FieldPath | undefined {
  if (apiVersion !== apiVersionOf(served.resource) && !served.otherVersion?.(apiVersion)) return undefined
  return (served.scale?.specReplicasPath ?? '.spec.replicas').split('.').slice(1).map(fieldElement)
}

function withReplicas(served: Served, live: Scalable, scale: Scale): KubeObject {
  const { resource } = served
  const replicas = scale.spec?.replicas ?? 0
  // A custom resource's number is held against its own path, with the object.
  const errors = served.scale ? [] : nonNegative('spec.replicas', replicas)
  if (errors.length > 0) throw invalidObject(scaleKind, live.metadata.name ?? '', errors)
  const { resourceVersion, uid } = scale.metadata
  if (uid && uid !== live.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`
    throw conflict({ ...resource, plural: `${resource.plural}/scale` }, live.metadata.name ?? '', why)
  }
  setReplicas(served, live, replicas)
  if (resourceVersion) live.metadata.resourceVersion = resourceVersion
  return live
}

function setReplicas({ scale: paths }: Served, live: Scalable, replicas: number): void {
  if (paths) setNumber(live as unknown as JsonObject, paths.specReplicasPath, replicas)
  else live.spec = { ...live.spec, replicas }
}

function scaleOf({ scale: paths }: Served, object: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name ? { name } : {}),
      ...(namespace ? { namespace } : {}),
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(creationTimestamp ? { creationTimestamp } : {}),
    },
    ...(paths ? customScale(paths, object) : scaleAtUsualPlace(object)),
  }
}

type ScaleParts = Pick<Scale, 'spec' | 'status'>

function scaleAtUsualPlace({ spec, status }: Scalable): ScaleParts {
  return {
    spec: spec?.replicas === undefined ? {} : { replicas: spec.replicas },
    status: { replicas: status?.replicas ?? 0, selector: selectorText(spec?.selector) },
  }
}

function customScale(paths: CustomResourceSubresourceScale, object: Scalable): ScaleParts {
  const replicas = numberAt(object, paths.specReplicasPath) ?? 0
  const selector = paths.labelSelectorPath ? textAt(object, paths.labelSelectorPath) : ''
  return {
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, paths.statusReplicasPath) ?? 0, ...(selector === '' ? {} : { selector }) },
  }
}

/** Replication controllers select by a plain map. */
function selectorText(selector: LabelSelector | Record<string, string> | undefined): string {
  if (!selector) return ''
  const isSelector = 'matchLabels' in selector || 'matchExpressions' in selector
  const requirements = labelSelectorRequirements(
    isSelector ? selector : { matchLabels: selector as Record<string, string> },
  )
  return requirements === 'nothing' ? '' : formatLabelSelector(requirements)
}
