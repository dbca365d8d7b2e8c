/**
 * The one error that crosses the wire. It is a `meta/v1` Status; texts equal upstream's exactly, because clients match
 * on them (https://kubernetes.io/docs/reference/using-api/api-concepts/, apimachinery's StatusReason).
 */

import { limits } from '../limits.ts'
import { groupResource } from './meta.ts'
import type { Status, StatusCause, StatusDetails } from './types/meta/v1.ts'

export type StatusReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable'
  | 'StoreReadError'
  | ''

type ResourceName = { group: string; plural: string }
type KindName = { group: string; kind: string }

export class ApiError extends Error {
  readonly status: Status
  constructor(status: Status) {
    super(status.message ?? '')
    this.name = 'ApiError'
    this.status = status
  }

  get code(): number {
    return this.status.code ?? 500
  }

  get reason(): StatusReason {
    return (this.status.reason ?? '') as StatusReason
  }
}

export interface ApiErrorParts {
  code: number
  reason: StatusReason
  message: string
  details?: StatusDetails
}

export function apiError({ code, reason, message, details }: ApiErrorParts): ApiError {
  const opening = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason } as const
  return new ApiError(details ? { ...opening, details, code } : { ...opening, code })
}

export function notFound(resource: ResourceName, name: string): ApiError {
  return apiError({
    code: 404,
    reason: 'NotFound',
    message: `${groupResource(resource)} ${goQuoted(name)} not found`,
    details: detailsOf(resource, name),
  })
}

/** `going`: what has the name is being deleted, so that it will be free. Default false. */
export function alreadyExists(resource: ResourceName, name: string, { going = false } = {}): ApiError {
  return apiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${going ? 'object is being deleted: ' : ''}${groupResource(resource)} ${goQuoted(name)} already exists`,
    details: detailsOf(resource, name),
  })
}

/** `why` follows upstream's wording: "the object has been modified; please apply your changes to the latest version …". */
export function conflict(resource: ResourceName, name: string, why: string): ApiError {
  return apiError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${groupResource(resource)} ${goQuoted(name)}: ${why}`,
    details: detailsOf(resource, name),
  })
}

export function forbidden(resource: ResourceName, name: string, why: string): ApiError {
  const subject = name === '' ? groupResource(resource) : `${groupResource(resource)} ${goQuoted(name)}`
  return apiError({
    code: 403,
    reason: 'Forbidden',
    message: `${subject} is forbidden: ${why}`,
    details: detailsOf(resource, name),
  })
}

/** 422 from field errors; one error reads alone, several stand in brackets. Of thousands the first are named. */
export function invalid(kind: KindName, name: string, found: readonly FieldError[]): ApiError {
  const errors = found.slice(0, limits.namedErrorsMax)
  const texts = [...new Set(errors.map((error) => fieldErrorText(error)))]
  if (found.length > errors.length) texts.push(`and ${found.length - errors.length} more`)
  const joined = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const details: StatusDetails = name === '' ? {} : { name }
  if (kind.group !== '') details.group = kind.group
  if (kind.kind !== '') details.kind = kind.kind
  details.causes = errors.map(causeOf)
  return apiError({
    code: 422,
    reason: 'Invalid',
    message: `${qualified} ${goQuoted(name)} is invalid: ${joined}`,
    details,
  })
}

export function badRequest(message: string): ApiError {
  return apiError({ code: 400, reason: 'BadRequest', message })
}

export function unauthorized(): ApiError {
  return apiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
}

export function methodNotAllowed(resource: ResourceName, verb: string): ApiError {
  return apiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${verb} is not supported on resources of kind "${groupResource(resource)}"`,
    details: detailsOf(resource, ''),
  })
}

/** 410: a list's continue token or a watch's resource version is older than the history kept. */
export function expired(message: string): ApiError {
  return apiError({ code: 410, reason: 'Expired', message })
}

export function tooManyRequests(message: string, retryAfterSeconds: number, causes?: StatusCause[]): ApiError {
  const details: StatusDetails = {}
  if (retryAfterSeconds > 0) details.retryAfterSeconds = retryAfterSeconds
  if (causes) details.causes = causes
  return apiError({ code: 429, reason: 'TooManyRequests', message, details })
}

/** The server gave up; what was asked may have been done or not. */
export function timeout(why: string): ApiError {
  return apiError({ code: 504, reason: 'Timeout', message: `Timeout: ${why}`, details: {} })
}

export function internalError(cause: unknown): ApiError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return apiError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  })
}

function detailsOf(resource: ResourceName, name: string): StatusDetails {
  const details: StatusDetails = {}
  if (name !== '') details.name = name
  if (resource.group !== '') details.group = resource.group
  details.kind = resource.plural
  return details
}

/** One broken field. `path` is written `spec.ports[0].port`, `metadata.labels[a.b/c]`. */
export interface FieldError {
  type:
    | 'Required'
    | 'Invalid'
    | 'NotSupported'
    | 'Duplicate'
    | 'Forbidden'
    | 'TooLong'
    | 'TooMany'
    | 'NotFound'
    | 'InternalError'
    | 'TypeInvalid'
  path: string
  /** The offending value, shown as Go's `%v`/`%q` does: strings quoted, objects as JSON. Omitted where none is shown. */
  value?: unknown
  detail: string
}

const fieldErrorNames: Record<FieldError['type'], { text: string; cause: string; showsValue: boolean }> = {
  Required: { text: 'Required value', cause: 'FieldValueRequired', showsValue: false },
  Invalid: { text: 'Invalid value', cause: 'FieldValueInvalid', showsValue: true },
  NotSupported: { text: 'Unsupported value', cause: 'FieldValueNotSupported', showsValue: true },
  Duplicate: { text: 'Duplicate value', cause: 'FieldValueDuplicate', showsValue: true },
  Forbidden: { text: 'Forbidden', cause: 'FieldValueForbidden', showsValue: false },
  TooLong: { text: 'Too long', cause: 'FieldValueTooLong', showsValue: false },
  TooMany: { text: 'Too many', cause: 'FieldValueTooMany', showsValue: true },
  NotFound: { text: 'Not found', cause: 'FieldValueNotFound', showsValue: true },
  InternalError: { text: 'Internal error', cause: 'InternalError', showsValue: false },
  TypeInvalid: { text: 'Invalid value', cause: 'FieldValueTypeInvalid', showsValue: true },
}

function fieldErrorBody(error: FieldError): string {
  const { text, showsValue } = fieldErrorNames[error.type]
  const value = showsValue && error.value !== undefined ? `: ${goValue(error.value)}` : ''
  return error.detail === '' ? `${text}${value}` : `${text}${value}: ${error.detail}`
}

/** `spec.replicas: Invalid value: -1: must be …`. */
export function fieldErrorText(error: FieldError): string {
  return `${error.path}: ${fieldErrorBody(error)}`
}

function causeOf(error: FieldError): StatusCause {
  return { reason: fieldErrorNames[error.type].cause, message: fieldErrorBody(error), field: error.path }
}

function goValue(value: unknown): string {
  if (typeof value === 'string') return goQuoted(value)
  if (value === null) return 'null'
  return typeof value === 'object' ? goJson(value) : String(value)
}

const goEscapes = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
])

/** A text as Go's `%q` prints it: what is no letter, mark, number, punctuation, symbol or plain space is escaped. */
export function goQuoted(text: string): string {
  const inner = text.toWellFormed().replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    const hex = (digits: number) => code.toString(16).padStart(digits, '0')
    return goEscapes.get(character) ?? (code < 0x80 ? `\\x${hex(2)}` : code > 0xffff ? `\\U${hex(8)}` : `\\u${hex(4)}`)
  })
  return `"${inner}"`
}

/** A value of JSON as Go's encoder writes it, which escapes what could end a script in a page. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
