/** Bodies that do not even say what they are, or say that they are of a kind that nobody knows, in upstream's words. */
import { jsonKind } from '../../api/codec/json-kind.ts'
import { type ApiError, badRequest } from '../../api/errors.ts'
import { limits } from '../../limits.ts'

/** What upstream reads first of a body. */
const head = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
const shownBytesMax = 30

/** Why nobody can tell the kind and version of a parsed body; undefined when they can be read or are absent. */
export function headFault(value: unknown): string | undefined {
  const cannot = "couldn't get version/kind; json parse error: json: cannot unmarshal"
  const kind = jsonKind(value)
  if (kind !== 'object') return `${cannot} ${kind} into Go value of type ${head}`
  for (const [name, member] of Object.entries(value ?? {})) {
    if ((name !== 'kind' && name !== 'apiVersion') || typeof member === 'string' || member === null) continue
    return `${cannot} ${jsonKind(member)} into Go struct field .${name} of type string`
  }
  const { apiVersion = '' } = value as { apiVersion?: string }
  return apiVersion.split('/').length > 2 ? `unexpected GroupVersion string: ${apiVersion}` : undefined
}

/** Of a kind that there is, but that is not the wanted one. Upstream converts to a type that has no version. */
export function noConversion(
  given: { kind: string; version: string },
  wanted: { kind: string; package: string },
): string {
  return `converting (${given.version}.${given.kind}) to (${wanted.package}.${wanted.kind}): unknown conversion`
}

export function notRegistered(kind: string, apiVersion: string): string {
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
}

/** Of a custom resource, as it is written. What is long is cut short. */
export function missingKind(text: string): string {
  const shown = text.length <= limits.patchedTextLengthMax ? text : `${text.slice(0, limits.patchedTextLengthMax)}…`
  return `Object 'Kind' is missing in '${shown}'`
}

/** A 400 that shows how the body begins. */
export function unrecognized(kind: string, why: string, body: Uint8Array): ApiError {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${beginning(body)})`)
}

function beginning(body: Uint8Array): string {
  if (body.length === 0) return '<empty>'
  const shown = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, shownBytesMax))
  const text = shown[0] === 0x7b ? shown.toString() : shown.toString('hex')
  return body.length > shownBytesMax ? `${text} ...` : text
}
