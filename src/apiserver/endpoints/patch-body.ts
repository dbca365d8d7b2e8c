/**
 * From a patch's body to what is applied: operations, or an object; faults are told in upstream's words. Numbers of JSON
 * and merge patches stay as they were written until the patched object is read by its type; a strategic patch's are Go's
 * 64-bit whole numbers and floating-point ones. Source: apiserver's `endpoints/handlers/patch.go`.
 */
import { parseJson, parseWrittenJson } from '../../api/codec/json.ts'
import { JsonSyntaxError } from '../../api/codec/json-fault.ts'
import { jsonKind } from '../../api/codec/json-kind.ts'
import { shownLengthMax } from '../../api/codec/written-number.ts'
import { type ApiError, badRequest } from '../../api/errors.ts'
import { isObject, WrittenNumber } from '../../api/patch/json-value.ts'
import { limits } from '../../limits.ts'
import { type ParsedDocument, parseDocument } from '../scheme/codec.ts'
import type { Served } from '../scheme/served.ts'
import { type Exchange, pauseOf } from './exchange.ts'
import type { PatchFormat } from './patched.ts'

export interface Patch extends ParsedDocument {
  format: PatchFormat
}

/** Upstream looks at a patch once it has the object: to be called then. Throws what is wrong with the patch. */
export type ReadPatch = () => Patch

export async function readPatch({ request }: Exchange, format: PatchFormat, { type }: Served): Promise<ReadPatch> {
  const { pause } = pauseOf(request)
  if (pause) await pause()
  try {
    const valuesMax = format === 'json' ? limits.largeBodyValuesMax : undefined
    const encoding = format === 'apply' ? 'yaml' : 'json'
    const parse = format === 'apply' ? undefined : (body: Uint8Array, max: number) => parsed(format, type, body, max)
    const document = await parseDocument(encoding, request.body, type, valuesMax, parse)
    if (pause) await pause()
    return () => ({ ...document, format })
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function parsed(format: PatchFormat, type: Served['type'], body: Uint8Array, valuesMax: number): ParsedDocument {
  const refuse = (why: string): ApiError => badRequest(format === 'strategic' ? why : `error decoding patch: ${why}`)
  try {
    const isExact = format !== 'strategic' && !type.custom
    const document = isExact ? parseWrittenJson(body, valuesMax) : parseJson(body, valuesMax)
    const fault = format === 'json' ? operationsFault(document.value) : objectFault(document.value)
    if (fault) throw refuse(fault)
    if (document.value === null && format === 'merge') throw badRequest('Invalid JSON Patch')
    return { ...document, value: document.value ?? (format === 'json' ? [] : {}) }
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw refuse(error.message.replace(/^json parse error: /, ''))
    throw error
  }
}

function objectFault(value: unknown): string | undefined {
  if (value === null || isObject(value)) return tooLarge(value, 'Go value')
  return `json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`
}

function operationsFault(value: unknown): string | undefined {
  if (value === null) return undefined
  const type = 'handlers.jsonPatchOp'
  if (!Array.isArray(value)) return `json: cannot unmarshal ${jsonKind(value)} into Go value of type []${type}`
  for (const operation of value) {
    if (operation === null) continue
    if (!isObject(operation)) return `json: cannot unmarshal ${jsonKind(operation)} into Go value of type ${type}`
    for (const name of ['op', 'path', 'from']) {
      const member = operation[name]
      if (member === undefined || member === null || typeof member === 'string') continue
      return `json: cannot unmarshal ${jsonKind(member)} into Go struct field jsonPatchOp.${name} of type string`
    }
    const fault = tooLarge(operation.value, 'Go struct field jsonPatchOp.value')
    if (fault) return fault
  }
  return undefined
}

/** A number that Go reads into no floating-point one. */
function tooLarge(value: unknown, where: string): string | undefined {
  if (value instanceof WrittenNumber) {
    const { text } = value
    if (Number.isFinite(Number(text))) return undefined
    return `json: cannot unmarshal number ${text.slice(0, shownLengthMax)} into ${where} of type float64`
  }
  if (typeof value !== 'object' || value === null) return undefined
  for (const member of Object.values(value)) {
    const fault = typeof member === 'object' && member !== null ? tooLarge(member, where) : undefined
    if (fault) return fault
  }
  return undefined
}
