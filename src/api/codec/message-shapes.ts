/** How the messages of a protobuf file are laid out: its data, with every type name resolved. */

/** One `.proto` file as data. */
export interface MessageFile {
  package: string
  /** Names nested in a message are written `Message.Enum`. */
  enums: Readonly<Record<string, Readonly<Record<string, number>>>>
  messages: Readonly<Record<string, readonly MessageField[]>>
}

export interface MessageField {
  name: string
  number: number
  /** A scalar, `Message`, `package.Message`, `repeated T`, `optional T` or `map<K,V>`. */
  type: string
  /** At most one field of a oneof is set; a zero value in it is written. */
  oneof?: string
}

const wellKnown: MessageFile = {
  package: 'google.protobuf',
  enums: {},
  messages: {
    Int64Value: [{ name: 'value', number: 1, type: 'int64' }],
    UInt64Value: [{ name: 'value', number: 1, type: 'uint64' }],
    Int32Value: [{ name: 'value', number: 1, type: 'int32' }],
    BoolValue: [{ name: 'value', number: 1, type: 'bool' }],
    StringValue: [{ name: 'value', number: 1, type: 'string' }],
    DoubleValue: [{ name: 'value', number: 1, type: 'double' }],
    Timestamp: [
      { name: 'seconds', number: 1, type: 'int64' },
      { name: 'nanos', number: 2, type: 'int32' },
    ],
    Duration: [
      { name: 'seconds', number: 1, type: 'int64' },
      { name: 'nanos', number: 2, type: 'int32' },
    ],
    Empty: [],
    Any: [
      { name: 'type_url', number: 1, type: 'string' },
      { name: 'value', number: 2, type: 'bytes' },
    ],
  },
}

export type Scalar =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'sint32'
  | 'sint64'
  | 'double'
  | 'float'

const scalars: ReadonlySet<string> = new Set<Scalar>([
  'string',
  'bytes',
  'bool',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'sint32',
  'sint64',
  'double',
  'float',
])

export type Value =
  | { kind: 'scalar'; scalar: Scalar }
  | { kind: 'enum'; numbers: ReadonlyMap<string, number>; names: ReadonlyMap<number, string> }
  | { kind: 'message'; shape: MessageShape }

export interface FieldShape {
  name: string
  number: number
  container: 'none' | 'list' | 'map'
  /** Written even when it is the zero value. */
  explicit: boolean
  key: Value
  value: Value
}

export interface MessageShape {
  name: string
  /** Highest number first, as they are written. */
  readonly fields: readonly FieldShape[]
  readonly byNumber: ReadonlyMap<number, FieldShape>
}

const shapesByFile = new WeakMap<MessageFile, Shapes>()

/** One set of shapes for a file and its imports. */
export function shapesOf(file: MessageFile, imports: readonly MessageFile[]): Shapes {
  const files = [file, ...imports, wellKnown]
  const known = shapesByFile.get(file)
  if (known?.isOf(files)) return known
  const shapes = new Shapes(files)
  shapesByFile.set(file, shapes)
  return shapes
}

class Shapes {
  readonly #files: readonly MessageFile[]
  readonly #messages = new Map<string, MessageShape>()

  constructor(files: readonly MessageFile[]) {
    this.#files = files
  }

  isOf(files: readonly MessageFile[]): boolean {
    return files.length === this.#files.length && files.every((file, index) => file === this.#files[index])
  }

  message(file: MessageFile, name: string): MessageShape {
    const fullName = `${file.package}.${name}`
    const known = this.#messages.get(fullName)
    if (known) return known
    const declared = Object.hasOwn(file.messages, name) ? file.messages[name] : undefined
    if (!declared) throw new TypeError(`find protobuf message "${fullName}": it is not declared`)
    let fields: readonly FieldShape[] | undefined
    let byNumber: ReadonlyMap<number, FieldShape> | undefined
    const resolve = () => {
      fields ??= declared
        .map((field) => this.#field(file, name, field))
        .sort((left, right) => right.number - left.number)
      return fields
    }
    const shape: MessageShape = {
      name: fullName,
      get fields() {
        return resolve()
      },
      get byNumber() {
        byNumber ??= new Map(resolve().map((field) => [field.number, field]))
        return byNumber
      },
    }
    this.#messages.set(fullName, shape)
    return shape
  }

  #field(file: MessageFile, scope: string, field: MessageField): FieldShape {
    const map = /^map<\s*(\w+)\s*,\s*(.+?)\s*>$/.exec(field.type)
    const prefix = /^(repeated|optional) (.*)$/.exec(field.type)
    return {
      name: field.name,
      number: field.number,
      container: map ? 'map' : prefix?.[1] === 'repeated' ? 'list' : 'none',
      explicit: prefix?.[1] === 'optional' || field.oneof !== undefined,
      key: this.#value(file, scope, map?.[1] ?? 'string'),
      value: this.#value(file, scope, map?.[2] ?? prefix?.[2] ?? field.type),
    }
  }

  /** Names are searched from the innermost message outwards, then by package. */
  #value(file: MessageFile, scope: string, type: string): Value {
    if (scalars.has(type)) return { kind: 'scalar', scalar: type as Scalar }
    const bare = type.replace(/^\./, '')
    for (let outer = `${scope}.`; ; outer = outer.slice(0, outer.lastIndexOf('.', outer.length - 2) + 1)) {
      const found = this.#declared(file, outer + bare)
      if (found) return found
      if (outer === '') break
    }
    for (const other of this.#files) {
      if (!bare.startsWith(`${other.package}.`)) continue
      const found = this.#declared(other, bare.slice(other.package.length + 1))
      if (found) return found
    }
    throw new TypeError(`find protobuf type "${type}", used in "${file.package}.${scope}": it is not declared`)
  }

  #declared(file: MessageFile, name: string): Value | undefined {
    if (Object.hasOwn(file.messages, name)) return { kind: 'message', shape: this.message(file, name) }
    const values = Object.hasOwn(file.enums, name) ? file.enums[name] : undefined
    if (!values) return undefined
    const pairs = Object.entries(values)
    return { kind: 'enum', numbers: new Map(pairs), names: new Map(pairs.map(([each, number]) => [number, each])) }
  }
}
