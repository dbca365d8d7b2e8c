/**
 * The text format in which the files beside this one declare every type once, and its parser. Text instead of nested
 * objects because one line per field stays readable and 3,000 fields load in a millisecond: a type is parsed when first
 * asked for.
 *
 * A type:
 *
 *     [flags] One-line description
 *     name number type extras | description
 *     ...Message number | description
 *
 * - flags: `kind` (has apiVersion and kind), `atomic` (server-side apply treats it as one value), `items` (a protobuf
 *   message that wraps a list, a plain list in JSON), `union(on:discriminator,field=Value)`.
 * - type: `string bool int32 int64 double bytes`; `time microTime duration quantity intOrString raw`, written as one JSON
 *   value; `schemaOrBool schemaOrArray schemaOrStrings` (JSON schema's alternatives); `[]T`, `map[T]` (string keys); a
 *   message by name: of the same version, else of meta/v1, else `folder/version.Name`. `*T`: absent differs from the
 *   zero value. `T!`: required, and written even when empty.
 * - extras: `required` (but left out when empty), `always` (optional, yet written when empty), `omitzero`,
 *   `enum(value,...)` (the values that documents name, `~` for a blank; what is refused stands in the registry),
 *   `set`, `map(key,...)`, `atomic`, `granular` (how server-side apply merges), `patch=strategy(mergeKey)` (strategic
 *   merge patch), `default=JSON`, `gate=Name` (dropped while this feature gate is closed; `gate=Name(value)`: but for this
 *   value).
 * - `...Message 1` is a message of its own in protobuf whose fields stand in the parent in JSON.
 *
 * Sources: the field tags of the Kubernetes API types (https://github.com/kubernetes/api), read as facts.
 */

export interface GroupVersionSchema {
  /** `core/v1`: folder and version; prefixes type names. */
  key: string
  /** Empty for the core group. */
  group: string
  version: string
  protoPackage: string
  /** Served unless switched off; beta and alpha versions are off unless switched on. */
  served: boolean
  resources?: string
  columns?: string
  types: Readonly<Record<string, string>>
}

export interface TypeDeclaration {
  description: string
  kind: boolean
  atomic: boolean
  items: boolean
  union?: { discriminator?: string; members: Record<string, string> }
  fields: FieldDeclaration[]
}

export interface FieldDeclaration {
  /** Of an inlined message: the message's name. */
  name: string
  inline: boolean
  number: number
  type: TypeReference
  description: string
  required: boolean
  /** Absent differs from the zero value (a pointer upstream). */
  pointer: boolean
  /** Left out of JSON when empty. */
  omitEmpty: boolean
  omitZero: boolean
  listType?: 'atomic' | 'set' | 'map'
  mapKeys: string[]
  mapType?: 'atomic' | 'granular'
  patchStrategy?: string
  patchMergeKey?: string
  default?: unknown
  enum?: readonly string[]
  gate?: FieldGate
}

/** A feature gate that must be open for the field to be kept where no object had it before. */
export interface FieldGate {
  name: string
  /** A value that needs no gate. */
  except?: string
}

export interface TypeReference {
  container: 'none' | 'list' | 'map'
  name: string
}

export interface ResourceDeclaration {
  plural: string
  singular: string
  kind: string
  /** `folder/version` when the kind is of another group version. */
  kindKey: string | undefined
  namespaced: boolean
  verbs: string[]
  shortNames: string[]
  categories: string[]
  subresources: SubresourceDeclaration[]
}

export interface SubresourceDeclaration {
  name: string
  kind: string
  kindKey: string | undefined
  verbs: string[]
}

/** A column of server-side tables; `priority` above 0 is shown with `-o wide` only. */
export interface ColumnDeclaration {
  name: string
  type: string
  format: string
  priority: number
}

export class SchemaSyntaxError extends Error {
  constructor(where: string, rule: string) {
    super(`parse schema: ${where}: ${rule}`)
    this.name = 'SchemaSyntaxError'
  }
}

export function parseType(where: string, text: string): TypeDeclaration {
  const lines = text.split('\n')
  const head = /^(?:\[([^\]]*)\])?(.*)$/.exec(lines[0] ?? '')
  const flags = (head?.[1] ?? '').split(' ')
  const declaration: TypeDeclaration = {
    description: (head?.[2] ?? '').trim(),
    kind: flags.includes('kind'),
    atomic: flags.includes('atomic'),
    items: flags.includes('items'),
    fields: [],
  }
  const union = flags.find((flag) => flag.startsWith('union('))
  if (union) declaration.union = parseUnion(union.slice('union('.length, -1))
  for (const line of lines.slice(1)) {
    if (line.trim() !== '') declaration.fields.push(parseField(where, line))
  }
  return declaration
}

function parseUnion(text: string): NonNullable<TypeDeclaration['union']> {
  const union: NonNullable<TypeDeclaration['union']> = { members: {} }
  for (const part of text.split(',')) {
    if (part.startsWith('on:')) union.discriminator = part.slice('on:'.length)
    else {
      const [field = '', value = ''] = part.split('=')
      union.members[field] = value
    }
  }
  return union
}

function parseField(where: string, line: string): FieldDeclaration {
  const bar = line.indexOf(' | ')
  const description = bar < 0 ? '' : line.slice(bar + 3).trim()
  const words = (bar < 0 ? line : line.slice(0, bar)).trim().split(/ +/)
  const [name = '', numberText = ''] = words
  const number = Number(numberText)
  if (!Number.isInteger(number))
    throw new SchemaSyntaxError(where, `"${name}" needs a field number, has "${numberText}"`)
  const inline = name.startsWith('...')
  let type = inline ? name.slice(3) : (words[2] ?? '')
  if (type === '') throw new SchemaSyntaxError(where, `"${name}" needs a type`)
  const pointer = type.startsWith('*')
  if (pointer) type = type.slice(1)
  const required = type.endsWith('!')
  if (required) type = type.slice(0, -1)
  const field: FieldDeclaration = {
    name: inline ? type : name,
    inline,
    number,
    type: parseReference(type),
    description,
    required,
    pointer,
    omitEmpty: !required,
    omitZero: false,
    mapKeys: [],
  }
  for (const word of words.slice(3)) applyExtra(where, field, word)
  return field
}

function parseReference(text: string): TypeReference {
  if (text.startsWith('[]')) return { container: 'list', name: text.slice(2) }
  if (text.startsWith('map[')) return { container: 'map', name: text.slice(4, -1) }
  return { container: 'none', name: text }
}

function applyExtra(where: string, field: FieldDeclaration, word: string): void {
  const argument = /\(([^)]*)\)$/.exec(word)?.[1]
  if (word === 'required') field.required = true
  else if (word === 'always') field.omitEmpty = false
  else if (word === 'omitzero') field.omitZero = true
  else if (word === 'set') field.listType = 'set'
  else if (word === 'granular') field.mapType = 'granular'
  else if (word === 'atomic') {
    if (field.type.container === 'list') field.listType = 'atomic'
    else field.mapType = 'atomic'
  } else if (word.startsWith('map(')) {
    field.listType = 'map'
    field.mapKeys = (argument ?? '').split(',')
  } else if (word.startsWith('patch=')) {
    const strategy = word.slice('patch='.length).replace(/\(.*$/, '')
    if (strategy !== '') field.patchStrategy = strategy
    if (argument) field.patchMergeKey = argument
  } else if (word.startsWith('enum(')) {
    field.enum = (argument ?? '').replaceAll('~', ' ').split(',')
  } else if (word.startsWith('gate=')) {
    field.gate = { name: word.slice('gate='.length).replace(/\(.*$/, ''), ...(argument ? { except: argument } : {}) }
  } else if (word.startsWith('default=')) field.default = JSON.parse(word.slice('default='.length))
  else throw new SchemaSyntaxError(where, `"${field.name}" has the unknown extra "${word}"`)
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** `plural singular Kind scope: verbs; short a b; categories c`, then `/subresource Kind: verbs` lines. */
export function parseResources(where: string, text: string): ResourceDeclaration[] {
  const resources: ResourceDeclaration[] = []
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') continue
    const [names = '', ...clauses] = line.split(/[:;] ?/)
    const words = names.split(' ')
    const verbs = clauses[0] === 'all' ? allVerbs : (clauses[0] ?? '').split(' ')
    if (line.startsWith('/')) {
      const parent = resources.at(-1)
      if (!parent) throw new SchemaSyntaxError(where, `subresource "${line}" stands before any resource`)
      parent.subresources.push({ name: words[0]?.slice(1) ?? '', ...parseKind(words[1] ?? ''), verbs })
      continue
    }
    const clause = (name: string) =>
      clauses
        .find((each) => each.startsWith(`${name} `))
        ?.slice(name.length + 1)
        .split(' ') ?? []
    resources.push({
      plural: words[0] ?? '',
      singular: words[1] === '-' ? '' : (words[1] ?? ''),
      ...parseKind(words[2] ?? ''),
      namespaced: words[3] === 'namespaced',
      verbs,
      shortNames: clause('short'),
      categories: clause('categories'),
      subresources: [],
    })
  }
  return resources
}

function parseKind(text: string): { kind: string; kindKey: string | undefined } {
  const dot = text.lastIndexOf('.')
  return dot < 0 ? { kind: text, kindKey: undefined } : { kind: text.slice(dot + 1), kindKey: text.slice(0, dot) }
}

/** `plural: Name, Other:type/format*priority`; type string and priority 0 when left out, `*` alone is priority 1. */
export function parseColumns(text: string): Map<string, ColumnDeclaration[]> {
  const columns = new Map<string, ColumnDeclaration[]>()
  for (const line of text.split('\n').map((each) => each.trim())) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    columns.set(
      line.slice(0, colon),
      line
        .slice(colon + 1)
        .split(',')
        .map(parseColumn),
    )
  }
  return columns
}

function parseColumn(text: string): ColumnDeclaration {
  const match = /^ *([^:/*]+)(?::([a-z]+))?(?:\/([a-z]+))?(?:(\*)([0-9]*))?$/.exec(text)
  if (!match) throw new SchemaSyntaxError('columns', `"${text}" is not "Name:type/format*priority"`)
  const priority = match[4] ? Number(match[5] || '1') : 0
  return { name: match[1] ?? '', type: match[2] ?? 'string', format: match[3] ?? '', priority }
}
