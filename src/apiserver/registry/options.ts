/**
 * The options of each verb, read from the query (and from the body for deletes), with upstream's checks and texts.
 * Source: apimachinery's `meta/v1/validation` and `meta/internalversion/validation`.
 */
import { badRequest, type FieldError, invalid as invalidObject } from '../../api/errors.ts'
import type { DeleteOptions } from '../../api/types/meta/v1.ts'
import { isTrue } from '../request.ts'
import { forbidden, invalid, notSupported, required, tooLong } from './validation/field.ts'
import { int64Problem } from './validation/integers.ts'

export interface ListQuery {
  labelSelector: string
  fieldSelector: string
  resourceVersion: string
  resourceVersionMatch: string
  limit: number
  continue: string
  timeoutSeconds: number | undefined
  watch: boolean
  allowWatchBookmarks: boolean
  sendInitialEvents: boolean | undefined
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface WriteQuery {
  dryRun: boolean
  fieldManager: string
  fieldValidation: FieldValidation
  /** Whether the request says so itself. */
  saysFieldValidation: boolean
  /** Server-side apply takes fields over from other managers. */
  force: boolean
}

const listOptions = { group: 'meta.k8s.io', kind: 'ListOptions' }
const fieldManagerLengthMax = 128

/** Each option for itself: upstream reads the selectors, too, before it looks at what goes together (`checkListQuery`). */
export function readListQuery(query: URLSearchParams, watch: boolean): ListQuery {
  const sendInitialEvents = query.get('sendInitialEvents')
  const timeoutSeconds = readInteger(query, 'timeoutSeconds')
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: readInteger(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    timeoutSeconds,
    watch,
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: sendInitialEvents === null ? undefined : isTrue(sendInitialEvents),
  }
}

/** Throws a 422 for options that do not go together. */
export function checkListQuery(options: ListQuery): void {
  const errors = options.watch ? watchErrors(options) : listErrors(options)
  if (errors.length > 0) throw invalidObject(listOptions, '', errors)
}

/** The revision a client names; 0 when it names none. Throws a 400. */
export function parseResourceVersion(text: string): number {
  const wrong = wrongVersion(text)
  if (wrong !== undefined) throw badRequest(`invalid resource version: ${wrong}`)
  return Number(text)
}

/** What is wrong with a version, in upstream's words. */
export function wrongVersion(text: string): string | undefined {
  if (text === '') return undefined
  const isNumber = /^\d+$/.test(text)
  if (isNumber && Number.isSafeInteger(Number(text))) return undefined
  const quoted = JSON.stringify(text)
  const why = isNumber ? 'value out of range' : 'invalid syntax'
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`
}

function listErrors(options: ListQuery): FieldError[] {
  const errors: FieldError[] = []
  const path = 'resourceVersionMatch'
  const match = options.resourceVersionMatch
  if (match !== '') {
    if (options.resourceVersion === '') {
      errors.push(forbidden(path, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    }
    if (options.continue !== '') {
      errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'))
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported(path, match, ['Exact', 'NotOlderThan', '']))
    }
    if (match === 'Exact' && options.resourceVersion === '0') {
      errors.push(forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  return errors
}

function watchErrors(options: ListQuery): FieldError[] {
  const errors: FieldError[] = []
  const path = 'resourceVersionMatch'
  const match = options.resourceVersionMatch
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden(path, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  }
  if (match !== '' && options.sendInitialEvents === undefined) {
    errors.push(forbidden(path, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
  }
  if (match !== '' && match !== 'NotOlderThan') errors.push(notSupported(path, match, ['NotOlderThan']))
  // Upstream takes a watch from the newest state for one that asked for the initial events.
  const { sendInitialEvents, resourceVersion } = options
  const isFromNewest = sendInitialEvents === undefined && (resourceVersion === '' || resourceVersion === '0')
  if (options.continue !== '' && (match !== '' || isFromNewest)) {
    errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'))
  }
  return errors
}

/** `kind`: CreateOptions, UpdateOptions or PatchOptions. */
export function readWriteQuery(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  apply = false,
): WriteQuery {
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const force = query.get('force')
  const errors: FieldError[] = []
  if (kind === 'PatchOptions') {
    if (apply && fieldManager === '') errors.push(required('fieldManager', 'is required for apply patch'))
    if (!apply && force !== null) errors.push(forbidden('force', 'may not be specified for non-apply patch'))
  }
  errors.push(...fieldManagerErrors(fieldManager), ...dryRunErrors(dryRun))
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)) {
    errors.push(notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']))
  }
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
    saysFieldValidation: fieldValidation !== '',
    force: isTrue(force),
  }
}

function fieldManagerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = []
  if (Buffer.byteLength(manager) > fieldManagerLengthMax) errors.push(tooLong('fieldManager', fieldManagerLengthMax))
  let position = 0
  for (const character of manager) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalid('fieldManager', manager, `invalid character U+${code} (at position ${position})`))
    }
    position += Buffer.byteLength(character)
  }
  return errors
}

function dryRunErrors(dryRun: string[]): FieldError[] {
  return dryRun.every((value) => value === 'All') ? [] : [notSupported('dryRun', dryRun, ['All'])]
}

/** Delete options from the body when there is one, else from the query. */
export function readDeleteOptions(query: URLSearchParams, body: Partial<DeleteOptions> | undefined): DeleteOptions {
  const options = body ?? deleteOptionsOf(query)
  const errors: FieldError[] = []
  const { propagationPolicy, orphanDependents } = options
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'),
    )
  }
  if (propagationPolicy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(propagationPolicy)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']))
  }
  errors.push(...dryRunErrors(options.dryRun ?? []))
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  const { gracePeriodSeconds: grace } = options
  return grace === undefined || grace === null
    ? options
    : { ...options, gracePeriodSeconds: Math.min(Number(grace), Number.MAX_SAFE_INTEGER) }
}

function deleteOptionsOf(query: URLSearchParams): DeleteOptions {
  const options: DeleteOptions = {}
  const grace = readInteger(query, 'gracePeriodSeconds')
  if (grace !== undefined) options.gracePeriodSeconds = grace
  const policy = query.get('propagationPolicy')
  if (policy !== null) options.propagationPolicy = policy
  const orphan = query.get('orphanDependents')
  if (orphan !== null) options.orphanDependents = isTrue(orphan)
  const dryRun = query.getAll('dryRun')
  if (dryRun.length > 0) options.dryRun = dryRun
  const uid = query.get('uid')
  const resourceVersion = query.get('resourceVersion')
  if (uid || resourceVersion) {
    options.preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) }
  }
  return options
}

function readInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const problem = int64Problem(text)
  if (problem) throw badRequest(problem)
  return Number(text)
}
