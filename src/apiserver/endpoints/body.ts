/**
 * From a request's body to an object of the served version: content type, kind, unknown and duplicate fields, defaults.
 * Source: apiserver's `endpoints/handlers/create.go`; texts are upstream's.
 */
import { JsonSyntaxError, parseWrittenJson, strictDecodingMessage } from '../../api/codec/json.ts'
import { isProtobuf, notProtobuf } from '../../api/codec/protobuf.ts'
import { type ApiError, apiError, badRequest, invalid } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { isObject } from '../../api/patch/json-value.ts'
import { objectType, parseApiVersion } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import type { FieldValidation } from '../registry/options.ts'
import { decodeTyped, type ParsedDocument, parseDocument } from '../scheme/codec.ts'
import type { KindName } from '../scheme/served.ts'
import { type Exchange, pauseOf } from './exchange.ts'
import { headFault, missingKind, noConversion, notRegistered, unrecognized } from './unread-body.ts'

/** What a body is expected to be. */
export interface Expected {
  kind: KindName
  type: StructNode
}

export type BodyEncoding = 'json' | 'yaml' | 'protobuf'

const encodings: Readonly<Record<string, BodyEncoding>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
}

/** JSON when the client names none; custom resources have no protobuf. Throws a 415. */
export function bodyEncoding(contentType: string | undefined, custom = false): BodyEncoding {
  const mediaType = (contentType ?? '').split(';')[0]?.trim() ?? ''
  if (mediaType === '') return 'json'
  const encoding = Object.hasOwn(encodings, mediaType) ? encodings[mediaType] : undefined
  if (encoding && !(custom && encoding === 'protobuf')) return encoding
  const accepted = Object.keys(encodings)
    .filter((each) => !(custom && encodings[each] === 'protobuf'))
    .join(', ')
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`
  throw apiError({ code: 415, reason: 'UnsupportedMediaType', message })
}

/** The body as an object of the expected kind, with static defaults. Problems become an error or warnings. */
export async function objectFromBody(
  { request, warnings }: Exchange,
  expected: Expected,
  fieldValidation: FieldValidation,
): Promise<KubeObject> {
  const encoding = bodyEncoding(request.headers['content-type'], expected.type.custom)
  const { pause } = pauseOf(request)
  if (pause) await pause()
  const isUnread = encoding === 'protobuf' && !isProtobuf(request.body)
  if (isUnread) {
    throw unrecognized(expected.kind.kind, request.body.length === 0 ? 'empty data' : notProtobuf, request.body)
  }
  const parsed = parseDocument(encoding, request.body, expected.type, undefined, jsonOf(expected))
  const document = parsed instanceof Promise ? await parsed : parsed
  if (encoding === 'yaml' && !expected.type.custom) requireHeadOfYaml(document, expected, request.body)
  if (expected.type.custom) requireHead(document.value, expected, request.body)
  if (pause) await pause()
  const { object, strictErrors } = decodedObject(document, expected)
  reportProblems(expected, strictErrors, fieldValidation, warnings)
  return object
}

function requireHeadOfYaml(document: ParsedDocument, { kind }: Expected, body: Uint8Array): void {
  document.value ??= {}
  const fault = headFault(document.value)
  if (fault) throw unrecognized(kind.kind, fault, body)
}

/** Custom resources say what they are, for no type does. */
function requireHead(value: unknown, { kind }: Expected, body: Uint8Array): void {
  if (!isObject(value)) return
  if (value.kind === undefined || value.kind === null || value.kind === '')
    throw unrecognized(kind.kind, missingKind(Buffer.from(body).toString()), body)
  if (value.apiVersion === undefined || value.apiVersion === null || value.apiVersion === '')
    throw wrongVersion('', apiVersionOf(kind))
}

/** Reads JSON, and what it says it is, which comes first. A built-in object may be null: it has nothing then. */
function jsonOf({ kind, type }: Expected) {
  return (body: Uint8Array, valuesMax: number): ParsedDocument => {
    try {
      const document = parseWrittenJson(body, valuesMax)
      const value = document.value ?? (type.custom ? null : {})
      const fault = value === null ? "Object 'Kind' is missing in 'null'" : headFault(value)
      if (fault) throw unrecognized(kind.kind, fault, body)
      return { ...document, value }
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error
      throw unrecognized(kind.kind, `couldn't get version/kind; ${error.message}`, body)
    }
  }
}

export interface Decoded {
  object: KubeObject
  /** What strict field validation refuses. */
  strictErrors: string[]
}

/** What is answered to an object that is none of the expected kind. `given`: what it says it is, where that matters. */
export type Refusal = (why: string, given?: { kind: string; version: string }) => ApiError

/** Of a body: a 400. */
function bodyRefusal({ kind }: Expected): Refusal {
  return (why, given = kind) => badRequest(`${cannotHandle(given, kind)} ${why}`)
}

/** Takes the document over. Throws the refusal when it is of another kind or does not fit the type. */
export function decodedObject(
  document: ParsedDocument,
  expected: Expected,
  refuse: Refusal = bodyRefusal(expected),
): Decoded {
  const { value } = document
  const fault = expected.type.custom && isObject(value) ? undefined : headFault(value)
  if (fault || !isObject(value)) throw refuse(fault ?? 'no object')
  requireKind(value, expected, refuse)
  const { object, strictErrors } = decodeTyped(expected.type, document, refuse)
  const typed = object as KubeObject
  typed.kind = expected.kind.kind
  typed.apiVersion = apiVersionOf(expected.kind)
  typed.metadata ??= {}
  return { object: typed, strictErrors }
}

function requireKind(
  given: { apiVersion?: unknown; kind?: unknown; metadata?: { name?: string } },
  { kind, type }: Expected,
  refuse: Refusal,
): void {
  const wanted = apiVersionOf(kind)
  const givenKind = typeof given.kind === 'string' && given.kind !== '' ? given.kind : kind.kind
  const givenVersion = typeof given.apiVersion === 'string' && given.apiVersion !== '' ? given.apiVersion : wanted
  if (givenKind === kind.kind && givenVersion === wanted) return
  if (type.custom && givenVersion === wanted) throw wrongKind(given, kind, givenKind)
  const { group, version } = parseApiVersion(givenVersion)
  const shown = { kind: givenKind, version }
  const isApart = ofOtherServers.has(kind.group) && group !== kind.group && givenKind !== 'Status'
  if (isApart || !objectType({ apiVersion: givenVersion, kind: givenKind })) {
    throw refuse(notRegistered(givenKind, givenVersion), shown)
  }
  if (givenKind === kind.kind && (group === kind.group || kind.kind === 'Event'))
    throw wrongVersion(givenVersion, wanted)
  throw refuse(noConversion(shown, { kind: kind.kind, package: packageOf(kind) }), shown)
}

/** Served upstream by servers of their own, who know no other groups. */
const ofOtherServers = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/** Where upstream has the types that all versions of a group are converted to. */
function packageOf({ group, kind }: KindName): string {
  if (group === '' || kind === 'Event') return 'core'
  return group === 'internal.apiserver.k8s.io' ? 'apiserverinternal' : (group.split('.', 1)[0] ?? '')
}

function wrongVersion(given: string, wanted: string): Error {
  return badRequest(`the API version in the data (${given}) does not match the expected API version (${wanted})`)
}

/** Custom resources are of no kind until their definition is looked at, so that upstream says it in another way. */
function wrongKind(given: { metadata?: { name?: string } }, wanted: KindName, kind: string): Error {
  const errors = [{ type: 'Invalid', path: 'kind', value: kind, detail: `must be ${wanted.kind}` } as const]
  return invalid({ group: wanted.group, kind }, given.metadata?.name ?? '', errors)
}

function cannotHandle(given: { kind: string; version: string }, wanted: { kind: string }): string {
  return `${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${wanted.kind}:`
}

/** Strict: a refusal that names every problem. Warn: one warning each. Ignore: nothing. */
export function reportProblems(
  expected: Expected,
  strictErrors: readonly string[],
  fieldValidation: FieldValidation,
  warnings: Set<string>,
  refuse: Refusal = bodyRefusal(expected),
): void {
  if (strictErrors.length === 0 || fieldValidation === 'Ignore') return
  if (fieldValidation === 'Warn') {
    for (const text of strictErrors) warnings.add(text)
    return
  }
  throw refuse(strictDecodingMessage(strictErrors))
}
