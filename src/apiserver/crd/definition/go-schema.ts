/** Schemas as upstream shows them in messages: every field of its internal type, in order, absent ones with their zero values. */
import { isObject, jsonEqual } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps, ValidationRule } from '../../../api/types/apiextensions/v1.ts'
import { sortedMembers } from '../value/result.ts'

type Alternative = JSONSchemaProps | JSONSchemaProps[] | string[] | boolean | undefined

/** `s b *`: text, flag, null when absent; `S L M`: a schema, a list, a map of them; the rest by name. */
const fields =
  'ID=id:s Schema=$schema:s Ref=$ref:* Description:s Type:s Nullable:b Format:s Title:s Default:* Maximum:* ExclusiveMaximum:b Minimum:* ExclusiveMinimum:b MaxLength:* MinLength:* Pattern:s MaxItems:* MinItems:* UniqueItems:b MultipleOf:* Enum:* MaxProperties:* MinProperties:* Required:* Items:items AllOf:L OneOf:L AnyOf:L Not:S Properties:M AdditionalProperties:allowed PatternProperties:M Dependencies:names AdditionalItems:allowed Definitions:M ExternalDocs:docs Example:* XPreserveUnknownFields=x-kubernetes-preserve-unknown-fields:* XEmbeddedResource=x-kubernetes-embedded-resource:b XIntOrString=x-kubernetes-int-or-string:b XListMapKeys=x-kubernetes-list-map-keys:* XListType=x-kubernetes-list-type:* XMapType=x-kubernetes-map-type:* XValidations=x-kubernetes-validations:rules'
    .split(' ')
    .map((text) => {
      const [names = '', shape = '*'] = text.split(':')
      const [name = '', json = name[0]!.toLowerCase() + name.slice(1)] = names.split('=')
      return { name, json: json as keyof JSONSchemaProps, shape }
    })

export function goSchema(schema: JSONSchemaProps | undefined): object | null {
  if (!schema) return null
  return Object.fromEntries(fields.map(({ name, json, shape }) => [name, shown(shape, schema[json])]))
}

/** Empty lists and maps are as good as none, but for a value of any kind (a default) and what a list of names means. */
export function sameSchema(one: JSONSchemaProps | undefined, other: JSONSchemaProps | undefined): boolean {
  if (!one || !other) return !one === !other
  const isSame = (json: string): boolean => sameField(json as keyof JSONSchemaProps, one, other)
  return Object.keys(one).every(isSame) && Object.keys(other).every((json) => Object.hasOwn(one, json) || isSame(json))
}

const fieldOf = new Map(fields.map((field) => [field.json, field]))
/** Shapes that may be one schema. */
const ofSchema: ReadonlySet<string> = new Set(['S', 'items', 'allowed'])

function sameField(json: keyof JSONSchemaProps, { [json]: one }: JSONSchemaProps, { [json]: other }: JSONSchemaProps) {
  const field = fieldOf.get(json)
  if (!field || one === other) return true
  const { name, shape } = field
  if (isObject(one) && isObject(other)) {
    if (shape === 'M') return sameMembers(one as Schemas, other as Schemas)
    if (ofSchema.has(shape)) return sameSchema(one as JSONSchemaProps, other as JSONSchemaProps)
  }
  return jsonEqual(valueWithout(name, shown(shape, one)), valueWithout(name, shown(shape, other)))
}

type Schemas = Readonly<Record<string, JSONSchemaProps>>

function sameMembers(one: Schemas, other: Schemas): boolean {
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every((name) => Object.hasOwn(other, name) && sameSchema(one[name], other[name]))
}

const anyValue: ReadonlySet<string> = new Set(['Default', 'Example', 'Enum'])

function withoutEmpties(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(withoutEmpties)
  if (!isObject(value)) return value
  const entries = Object.entries(value)
  if (entries.length === 0) return null
  return Object.fromEntries(entries.map(([name, each]) => [name, valueWithout(name, each)]))
}

function valueWithout(name: string, value: unknown): unknown {
  if (name === 'Enum' && Array.isArray(value) && value.length === 0) return null
  return anyValue.has(name) ? value : withoutEmpties(value)
}

export function goItems(items: JSONSchemaProps['items']): object {
  return Array.isArray(items)
    ? { Schema: null, JSONSchemas: items.map(goSchema) }
    : { Schema: goSchema(items), JSONSchemas: null }
}

function shown(shape: string, value: unknown): unknown {
  const show = shapes[shape]
  if (shape === 's') return value ?? ''
  if (shape === 'b') return value ?? false
  return value === undefined || value === null || !show ? sortedMembers(value ?? null) : show(value)
}

const shapes: Readonly<Record<string, (value: unknown) => unknown>> = {
  S: (value) => goSchema(value as JSONSchemaProps),
  L: (value) => (value as JSONSchemaProps[]).map(goSchema),
  M: (value) => mapped(value as Record<string, JSONSchemaProps>, goSchema),
  items: (value) => goItems(value as JSONSchemaProps['items']),
  allowed: (value) =>
    typeof value === 'boolean'
      ? { Allows: value, Schema: null }
      : { Allows: true, Schema: goSchema(value as JSONSchemaProps) },
  names: (value) =>
    mapped(value as Record<string, Alternative>, (one) =>
      Array.isArray(one)
        ? { Schema: null, Property: one }
        : { Schema: goSchema(one as JSONSchemaProps), Property: null },
    ),
  docs: (value) => {
    const { description = '', url = '' } = value as { description?: string; url?: string }
    return { Description: description, URL: url }
  },
  rules: (value) => (value as ValidationRule[]).map(goRule),
}

function goRule(rule: ValidationRule): object {
  return {
    Rule: rule.rule ?? '',
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}

function mapped<T>(entries: Readonly<Record<string, T>>, show: (value: T) => unknown): object {
  const sorted = Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, value]) => [key, show(value)]))
}
