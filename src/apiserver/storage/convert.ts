/** Between the JSON that is worked on and what else may stand in the store; loaded when there is such. */
import { parseExactly } from '../../api/codec/exact-json.ts'
import { decodeEnvelope, decodeMessage, encodeProtobuf, isProtobuf, ProtobufError } from '../../api/codec/protobuf.ts'
import { applySchemaDefaults } from '../../api/codec/schema-defaults.ts'
import { definitionFromV1beta1 } from '../../api/conversion/apiextensions.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { type KindName, kindType, objectType, parseApiVersion } from '../../api/schema/registry.ts'
import type { KeyValue } from '../../store/store.ts'
import { encodeStored } from '../cache/stored.ts'
import { conversions, strategies } from '../registry/strategies.ts'
import type { Conversion } from '../scheme/served.ts'

const textDecoder = new TextDecoder()
const textEncoder = new TextEncoder()
const openBrace = 0x7b

/** From our JSON. */
export function toProtobuf(value: Uint8Array): Uint8Array {
  const object = parseExactly(textDecoder.decode(value)) as KubeObject
  return encodeProtobuf(object, objectType(object))
}

/** Throws on a value that is neither encoding. */
export function toJson({ key, value }: KeyValue, kind: KindName | undefined): Uint8Array {
  if (isProtobuf(value)) return encodeObject(objectOfProtobuf(value, kind), kind)
  if (value[0] !== openBrace) throw new Error(`read ${key}: it is neither JSON nor Kubernetes' protobuf`)
  return encodeObject(parseExactly(textDecoder.decode(value)) as KubeObject, kind)
}

/** A version that we have no schema for (a beta of what we store) has the fields of ours. */
function objectOfProtobuf(value: Uint8Array, kind: KindName | undefined): KubeObject {
  const envelope = decodeEnvelope(value)
  const { apiVersion, kind: name, raw } = envelope
  const type = objectType(envelope) ?? (kind && name === kind.kind ? kindType(kind) : undefined)
  if (!type) throw new ProtobufError(`kind "${name}" of "${apiVersion}" has no protobuf form`)
  return { kind: name, apiVersion, ...decodeMessage(type, raw) } as unknown as KubeObject
}

function encodeObject(object: KubeObject, kind: KindName | undefined): Uint8Array {
  if (!kind) {
    const { kind: name, apiVersion, metadata, ...rest } = object
    return textEncoder.encode(JSON.stringify({ kind: name, apiVersion, metadata, ...rest }))
  }
  const type = kindType(kind)
  if (!type) throw new TypeError(`the schema has no kind ${kind.kind} in ${apiVersionOf(kind)}`)
  const converted = convert(object, kind)
  // Another server's value says what it was told; what it left out is added by whoever reads it.
  applySchemaDefaults(type, converted)
  defaulterOf(kind)?.(converted)
  // Tables of ranges have none.
  const metadata = converted.metadata ?? {}
  return encodeStored({ ...converted, kind: kind.kind, apiVersion: apiVersionOf(kind), metadata }, type)
}

let defaulters: ReadonlyMap<string, (object: KubeObject) => void> | undefined

function defaulterOf({ group, version, kind }: KindName): ((object: KubeObject) => void) | undefined {
  defaulters ??= new Map(
    [...strategies().values()].flatMap(({ resource, default: fill }) =>
      fill ? [[`${resource.group}/${resource.version}/${resource.kind}`, fill] as const] : [],
    ),
  )
  return defaulters.get(`${group}/${version}/${kind}`)
}

/** From another version that upstream stores. */
function convert(object: KubeObject, kind: KindName): KubeObject {
  const { version } = parseApiVersion(object.apiVersion ?? '')
  if (version === kind.version) return object
  if (kind.kind === 'CustomResourceDefinition') return definitionFromV1beta1(object)
  return conversionOf(kind, version)?.toStored(object) ?? object
}

function conversionOf({ group, kind }: KindName, version: string): Conversion | undefined {
  for (const [name, { stored, conversion }] of conversions())
    if (stored.group === group && stored.kind === kind && name.endsWith(`/${version}`)) return conversion
  return undefined
}
