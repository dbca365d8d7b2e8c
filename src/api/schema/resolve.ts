/** Turns declarations into the nodes that everything works on; a type's fields are parsed when first asked for. */
import {
  type FieldDeclaration,
  type GroupVersionSchema,
  parseType,
  SchemaSyntaxError,
  type TypeDeclaration,
} from './schema.ts'
import type { FieldNode, InlinedMessage, ListNode, Scalar, ScalarNode, StructNode, TypeNode } from './type-node.ts'

const scalars: readonly Scalar[] = [
  'string',
  'bool',
  'int32',
  'int64',
  'double',
  'bytes',
  'time',
  'microTime',
  'duration',
  'quantity',
  'intOrString',
  'raw',
]

const scalarNodes = new Map<string, ScalarNode>([
  ...scalars.map((scalar): [string, ScalarNode] => [scalar, { kind: 'scalar', scalar }]),
  ['schemaOrBool', { kind: 'scalar', scalar: 'raw', alternative: 'boolean' }],
  ['schemaOrArray', { kind: 'scalar', scalar: 'raw', alternative: 'schemas' }],
  ['schemaOrStrings', { kind: 'scalar', scalar: 'raw', alternative: 'strings' }],
])

/** Resolves type names of a set of schemas; each type becomes one node. */
export class TypeResolver {
  readonly #schemas: ReadonlyMap<string, GroupVersionSchema>
  readonly #types = new Map<string, TypeNode>()

  constructor(schemas: readonly GroupVersionSchema[]) {
    this.#schemas = new Map(schemas.map((schema) => [schema.key, schema]))
  }

  /** `core/v1.PodSpec`, and `core/v1.PodList` for a kind's list. Undefined when there is none. */
  find(name: string): TypeNode | undefined {
    const known = this.#types.get(name)
    if (known) return known
    const dot = name.lastIndexOf('.')
    const schema = this.#schemas.get(name.slice(0, dot))
    const bare = name.slice(dot + 1)
    if (!schema) return undefined
    const text = Object.hasOwn(schema.types, bare) ? schema.types[bare] : listText(schema, bare)
    if (text === undefined) return undefined
    const node = this.#declare(schema, name, text)
    this.#types.set(name, node)
    return node
  }

  /** A name as it stands in the file of `schema`. Throws `SchemaSyntaxError` when it names nothing. */
  reference(schema: GroupVersionSchema, name: string): TypeNode {
    const scalar = scalarNodes.get(name)
    if (scalar) return scalar
    const node = name.includes('.')
      ? this.find(name)
      : (this.find(`${schema.key}.${name}`) ?? this.find(`meta/v1.${name}`))
    if (!node) throw new SchemaSyntaxError(schema.key, `no type is named "${name}"`)
    return node
  }

  #declare(schema: GroupVersionSchema, name: string, text: string): TypeNode {
    if (/^\[[^\]]*\bitems\b/.test(text)) {
      const element = scalarNodes.get('string')!
      return { kind: 'list', element, listType: 'atomic', mapKeys: [], listTypeUnset: true, wrapped: true }
    }
    return new LazyStruct(this, schema, name, text)
  }
}

/** Lists of kinds are all alike, so the schema files do not spell them. */
function listText(schema: GroupVersionSchema, name: string): string | undefined {
  const element = name.endsWith('List') ? name.slice(0, -'List'.length) : ''
  if (element === '' || !Object.hasOwn(schema.types, element) || !schema.types[element]?.startsWith('[kind'))
    return undefined
  return `[kind] A list of ${element} objects.
    metadata 1 ListMeta | Where the list stands in the store's history, and how to get its next page.
    items 2 []${element}! | The objects.`
}

class LazyStruct implements StructNode {
  readonly kind = 'struct'
  readonly name: string
  readonly preserveUnknown = false
  readonly #resolver: TypeResolver
  readonly #schema: GroupVersionSchema
  readonly #text: string
  #mapType: 'atomic' | 'granular' | undefined
  #declaration: TypeDeclaration | undefined
  #fields: ReadonlyMap<string, FieldNode> | undefined
  #inlined: readonly InlinedMessage[] | undefined

  constructor(resolver: TypeResolver, schema: GroupVersionSchema, name: string, text: string) {
    this.#resolver = resolver
    this.#schema = schema
    this.name = name
    this.#text = text
  }

  /** The same type, merged otherwise where a field says so. */
  withMapType(mapType: 'atomic' | 'granular'): StructNode {
    if (mapType === this.mapType) return this
    const copy = new LazyStruct(this.#resolver, this.#schema, this.name, this.#text)
    copy.#mapType = mapType
    return copy
  }

  get openApiName(): string {
    return `${openApiPackage(this.#schema.protoPackage)}.${this.name.slice(this.name.lastIndexOf('.') + 1)}`
  }

  get description(): string {
    return this.#parsed.description
  }

  get mapType(): 'atomic' | 'granular' {
    if (this.#mapType) return this.#mapType
    return this.#parsed.atomic ? 'atomic' : 'granular'
  }

  get isKind(): boolean {
    return this.#parsed.kind
  }

  get union(): NonNullable<StructNode['union']> {
    return this.#parsed.union ?? noUnion
  }

  get fields(): ReadonlyMap<string, FieldNode> {
    this.#fields ??= this.#resolveFields()
    return this.#fields
  }

  get inlined(): readonly InlinedMessage[] {
    this.#inlined ??= this.#parsed.fields
      .filter((field) => field.inline)
      .map((field) => ({ number: field.number, node: this.#struct(field.name) }))
    return this.#inlined
  }

  get #parsed(): TypeDeclaration {
    this.#declaration ??= parseType(this.name, this.#text)
    return this.#declaration
  }

  #resolveFields(): ReadonlyMap<string, FieldNode> {
    const fields = new Map<string, FieldNode>()
    if (this.#parsed.kind) for (const field of kindFields) fields.set(field.name, field)
    for (const declaration of this.#parsed.fields) {
      if (!declaration.inline) fields.set(declaration.name, this.#field(declaration))
      else {
        for (const [name, field] of this.#struct(declaration.name).fields) {
          const inlinedPath = field.inlinedPath ? `${declaration.name}.${field.inlinedPath}` : declaration.name
          fields.set(name, { ...field, isInlined: true, inlinedPath })
        }
      }
    }
    return fields
  }

  #struct(name: string): StructNode {
    const node = this.#resolver.reference(this.#schema, name)
    if (node.kind !== 'struct') throw new SchemaSyntaxError(this.name, `"${name}" is inlined but is no message`)
    return node
  }

  #field(declaration: FieldDeclaration): FieldNode {
    const field: FieldNode = {
      name: declaration.name,
      type: this.#type(declaration),
      description: declaration.description,
      required: declaration.required,
      number: declaration.number,
      pointer: declaration.pointer,
      omit: declaration.omitZero ? 'zero' : declaration.omitEmpty ? 'empty' : 'never',
    }
    if (declaration.default !== undefined) field.default = declaration.default
    if (declaration.enum) field.enum = declaration.enum
    if (declaration.gate) field.gate = declaration.gate
    if (declaration.patchStrategy)
      field.patchStrategy = declaration.patchStrategy as NonNullable<FieldNode['patchStrategy']>
    if (declaration.patchMergeKey) field.patchMergeKey = declaration.patchMergeKey
    return field
  }

  #type({ type, listType, mapKeys, mapType }: FieldDeclaration): TypeNode {
    const element = this.#resolver.reference(this.#schema, type.name)
    if (type.container === 'map') {
      return { kind: 'map', value: element, mapType: mapType ?? 'granular', ...(mapType ? { mapTypeSet: true } : {}) }
    }
    if (type.container === 'none') {
      return mapType && element instanceof LazyStruct ? element.withMapType(mapType) : element
    }
    const list: ListNode = { kind: 'list', element, listType: listType ?? 'atomic', mapKeys }
    if (!listType) list.listTypeUnset = true
    return list
  }
}

const noUnion: NonNullable<StructNode['union']> = { members: {} }

const kindFields: readonly FieldNode[] = [
  { name: 'kind', description: 'The name of the resource type that this object is of.' },
  { name: 'apiVersion', description: 'APIVersion defines which group and version of a schema this object follows.' },
].map((field) => ({
  ...field,
  type: scalarNodes.get('string')!,
  required: false,
  number: 0,
  pointer: false,
  omit: 'empty',
}))

/** `k8s.io.api.core.v1` is `io.k8s.api.core.v1`. */
function openApiPackage(protoPackage: string): string {
  return protoPackage.replace(/^k8s\.io/, 'io.k8s').replace('_', '-')
}
