/**
 * PATCH in its four formats. All but apply work on the stored object's JSON and are tried again when another write came
 * between. Source: apiserver's `endpoints/handlers/patch.go`.
 */
import { jsonKind } from '../../api/codec/json-kind.ts'
import { apiError, badRequest, invalid, notFound } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { unknownOperationFields } from '../../api/patch/json-patch.ts'
import { isObject } from '../../api/patch/json-value.ts'
import { presentObject } from '../negotiation/represent.ts'
import { clone } from '../registry/clone.ts'
import { acrossVersions } from '../registry/converted-owners.ts'
import { applied } from '../registry/field-ownership.ts'
import { readWriteQuery, type WriteQuery } from '../registry/options.ts'
import { type Caller, computed, type Target } from '../registry/parts.ts'
import { updateObject } from '../registry/update.ts'
import type { ApiResponse } from '../request.ts'
import type { Served } from '../scheme/served.ts'
import { decodedObject, type Expected, type Refusal, reportProblems } from './body.ts'
import { converterFault } from './converter-fault.ts'
import { callerOf, type Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { type Patch, readPatch } from './patch-body.ts'
import { type PatchFormat, patchedText, patchedValue } from './patched.ts'
import { representationOf } from './read.ts'
import { missingKind } from './unread-body.ts'
import { matchName, matchNamespace, mayCreate, targetOf, writeOptions } from './write.ts'

const formats: Readonly<Record<string, PatchFormat>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

export async function patchEndpoint(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ApiResponse> {
  const format = patchFormat(exchange, served)
  const representation = representationOf(parts, exchange)
  const query = readWriteQuery(exchange.request.query, 'PatchOptions', format === 'apply')
  const patchOf = await readPatch(exchange, format, served)
  const target = targetOf(served, exchange)
  const caller = callerOf(exchange)
  const written = await updateObject(parts.registry, {
    target,
    caller,
    options: writeOptions(query, 'UpdateOptions'),
    change: async (live, pause) =>
      format === 'apply'
        ? await appliedObject(parts, served, exchange, { live, patch: patchOf(), query, pause })
        : await patchedObject(served, exchange, { live: existing(live, target), patch: patchOf(), query, pause }),
    apply: format === 'apply',
    patched: true,
    mayCreate: () => mayCreate(parts, exchange),
  })
  const status = written.created ? 201 : 200
  return await presentObject(parts.presenter, served, written.stored ?? written.object, representation, status)
}

export function patchFormat({ request }: Exchange, served: Served): PatchFormat {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const format = formats[mediaType]
  if (!format || (format === 'strategic' && served.custom)) throw unsupportedMediaType(served)
  return format
}

function unsupportedMediaType({ custom }: Served): Error {
  const accepted = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'
  const message = custom
    ? `the body of the request was in an unknown format - accepted media types include: ${accepted}`
    : '415: Unsupported Media Type'
  return apiError({ code: 415, reason: 'UnsupportedMediaType', message, ...(custom ? {} : { details: {} }) })
}

interface PatchRequest<L> {
  live: L
  patch: Patch
  query: WriteQuery
  pause?: Caller['pause']
}

/** Only apply makes what is not there, even where an update would. */
function existing(live: KubeObject | undefined, { served, name }: Target): KubeObject {
  if (!live) throw notFound(served.resource, name)
  return live
}

/** The patched object, decoded again so that the patch can't smuggle in what the type does not have. */
export async function patchedObject(
  served: Served,
  exchange: Exchange,
  { live, patch, query, pause }: PatchRequest<KubeObject>,
): Promise<KubeObject> {
  const expected: Expected = { kind: served.resource, type: served.type }
  const { value, restore } = withoutOwners(live, patchedValue(live, patch, served.type))
  await pause?.()
  const refuse = patchRefusal(served, live, patch)
  if (served.custom && isObject(value) && !value.kind) throw refuse(missingKind(patchedText(served, live, patch)))
  const { object, strictErrors } = decodedObject({ ...patch, value: clone(value) }, expected, refuse)
  restore(object)
  const problems = patch.format === 'json' ? [...unknownOperationFields(patch.value), ...strictErrors] : strictErrors
  reportProblems(expected, problems, query.fieldValidation, exchange.warnings, refuse)
  matchNames(served, exchange, object)
  served.strategy.default?.(object)
  return object
}

/** Managed fields that a patch leaves alone are as the server wrote them: nobody changes them in place, or need check them. */
function withoutOwners(live: KubeObject, value: unknown): { value: unknown; restore(object: KubeObject): void } {
  const { managedFields } = live.metadata
  const patched = isObject(value) && isObject(value.metadata) ? value.metadata : undefined
  if (!managedFields || patched?.managedFields !== managedFields) return { value, restore: () => undefined }
  const { managedFields: _, ...metadata } = patched
  return {
    value: { ...(value as object), metadata },
    restore: (object) => {
      object.metadata.managedFields = managedFields
    },
  }
}

/** What a patch makes is no object of the kind: the patch's fault, for which upstream has no name and no kind. */
function patchRefusal(served: Served, live: KubeObject, patch: Patch): Refusal {
  return (why) => {
    const detail = patch.format === 'strategic' ? converterFault(why, patch.value) : why
    const value = patchedText(served, live, patch)
    return invalid({ group: '', kind: '' }, '', [{ type: 'Invalid', path: 'patch', value, detail }])
  }
}

/** What an apply makes of the stored object. */
export async function appliedObject(
  parts: EndpointParts,
  served: Served,
  exchange: Exchange,
  { live, patch, query, pause }: PatchRequest<KubeObject | undefined>,
): Promise<KubeObject> {
  requireAppliedKind(served, patch.value)
  const target = targetOf(served, exchange)
  const request = { patch: patch.value, manager: query.fieldManager, force: query.force }
  const made = await acrossVersions(served, (views) =>
    computed({ pause }, () => applied(parts.registry, target, live, request, views)),
  )
  await pause?.()
  const merged = clone(made)
  reportDuplicates(patch.duplicates, query, exchange.warnings)
  await pause?.()
  const { object } = decodedObject({ value: merged, duplicates: [] }, { kind: served.resource, type: served.type })
  matchNames(served, exchange, object)
  served.strategy.default?.(object)
  return object
}

function reportDuplicates(duplicates: readonly string[], { fieldValidation }: WriteQuery, warnings: Set<string>): void {
  const [text] = duplicates
  if (text === undefined || fieldValidation === 'Ignore') return
  if (fieldValidation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${text}`)
  const [, ...lines] = text.split('\n')
  for (const line of lines) warnings.add(line.trim())
}

const notDecoded = 'error decoding YAML: error unmarshaling JSON: while decoding JSON:'

function requireAppliedKind({ resource }: Served, value: unknown): void {
  if (value !== null && !isObject(value))
    throw badRequest(
      `${notDecoded} json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`,
    )
  const { apiVersion, kind } = value ?? {}
  if (kind === resource.kind && apiVersion === apiVersionOf(resource)) return
  const version = typeof apiVersion === 'string' ? apiVersion : ''
  const shownKind = typeof kind === 'string' ? kind : ''
  if (version.split('/').length > 2) throw badRequest('invalid object type: /, Kind=')
  throw badRequest(`invalid object type: ${version.includes('/') ? version : `/${version}`}, Kind=${shownKind}`)
}

function matchNames(served: Served, exchange: Exchange, object: KubeObject): void {
  const { namespace, name } = targetOf(served, exchange)
  matchNamespace(object, namespace)
  matchName(object, name)
}
