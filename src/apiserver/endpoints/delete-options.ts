/** The options of a deletion, from the body when there is one. What cannot be read deletes nothing. */
import { JsonSyntaxError, parseJson } from '../../api/codec/json.ts'
import { badRequest } from '../../api/errors.ts'
import { apiVersionOf } from '../../api/meta.ts'
import { groupVersionInfos, parseApiVersion } from '../../api/schema/registry.ts'
import type { DeleteOptions } from '../../api/types/meta/v1.ts'
import { readDeleteOptions } from '../registry/options.ts'
import { decodeTyped, type ParsedDocument, parseDocument } from '../scheme/codec.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import { bodyEncoding } from './body.ts'
import type { Exchange } from './exchange.ts'
import { headFault, noConversion, notRegistered } from './unread-body.ts'

export async function deleteOptions({ request }: Exchange): Promise<DeleteOptions> {
  if (request.body.length === 0) return readDeleteOptions(request.query, undefined)
  const type = typeOfKind({ group: '', version: 'v1', kind: 'DeleteOptions' })
  const encoding = bodyEncoding(request.headers['content-type'])
  const document = await parseDocument(encoding, request.body, type, undefined, readJson)
  const value = document.value ?? {}
  requireOptions(value)
  const options = decodeTyped(type, { ...document, value }, badRequest).object as DeleteOptions
  const dryRun = request.query.getAll('dryRun')
  return readDeleteOptions(request.query, dryRun.length > 0 ? { ...options, dryRun } : options)
}

/** Every group has options of its own, which are all the same. Throws a 400. */
function requireOptions(value: object | string | number | boolean): void {
  const fault = headFault(value)
  if (fault) throw badRequest(fault)
  const { kind = '', apiVersion = '' } = value as { kind?: unknown; apiVersion?: unknown }
  const given = kind === '' ? 'DeleteOptions' : String(kind)
  const of = apiVersion === '' ? 'meta.k8s.io/v1' : String(apiVersion)
  if (given === 'DeleteOptions' && isKnown(of)) return
  if (!ofEveryGroup.has(given) || !isKnown(of)) throw badRequest(notRegistered(given, of))
  const { version } = parseApiVersion(of)
  throw badRequest(noConversion({ kind: given, version }, { kind: 'DeleteOptions', package: 'v1' }))
}

/** Kinds that every group has beside its options of deletion. */
const ofEveryGroup = new Set(['Status', 'CreateOptions', 'GetOptions', 'ListOptions', 'PatchOptions', 'UpdateOptions'])

function readJson(body: Uint8Array, valuesMax: number): ParsedDocument {
  try {
    return parseJson(body, valuesMax)
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`couldn't get version/kind; ${error.message}`)
    throw error
  }
}

function isKnown(apiVersion: string): boolean {
  return apiVersion === 'meta.k8s.io/v1' || [...groupVersionInfos()].some((each) => apiVersionOf(each) === apiVersion)
}
