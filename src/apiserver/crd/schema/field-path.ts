/**
 * Paths to fields of a schema, as rules blame them (`fieldPath`) and selectors name them (`selectableFields`):
 * `.spec.color`, `['a.b'].c`.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-path
 */
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'

export class FieldPathError extends Error {
  override name = 'FieldPathError'
}

export interface FoundSchema {
  names: string[]
  /** The path as field errors write it: `spec.color`, `spec.labels[a.b]`. */
  path: string
  /** Undefined below `additionalProperties: true`. */
  schema: JSONSchemaProps | undefined
}

/** `brackets`: whether names may stand in them. Throws `FieldPathError`. */
export function schemaAtPath(text: string, root: JSONSchemaProps, brackets = true): FoundSchema {
  const tokens = tokensOf(text)
  const found: FoundSchema = { names: [], path: '', schema: root }
  for (let index = 0; index < tokens.length; ) {
    const token = tokens[index++]
    if (token === '[') {
      if (!brackets) throw new FieldPathError('array notation is not allowed')
      descend(found, quotedName(tokens[index++]))
      const close = tokens[index++]
      if (close !== ']') throw new FieldPathError(close === undefined ? endOfPath : `expected ] but got ${close}`)
    } else if (token === '.') {
      const name = tokens[index++]
      if (name === undefined) throw new FieldPathError(endOfPath)
      descend(found, name)
    } else throw new FieldPathError(`expected [ or . but got: ${token}`)
  }
  return found
}

const endOfPath = 'unexpected end of JSON path'
const noField = 'does not refer to a valid field'

function tokensOf(text: string): string[] {
  return text.match(/'(?:[^'\\]|\\.)*'?|[.[\]]|[^.[\]]+/gs) ?? []
}

function quotedName(token: string | undefined): string {
  if (token === undefined) throw new FieldPathError(endOfPath)
  if (!/^'.*'$/s.test(token) || token.length < 2)
    throw new FieldPathError(`expected single quoted string but got ${token}`)
  return token.slice(1, -1).replace(/\\(.)/gs, (sequence, char: string) => {
    const meaning = escapes[char]
    if (meaning === undefined) throw new FieldPathError(`invalid string literal: invalid escape char ${sequence}`)
    return meaning
  })
}

const escapes: Readonly<Record<string, string | undefined>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

function descend(found: FoundSchema, name: string): void {
  const { properties, additionalProperties: others } = found.schema ?? {}
  found.names.push(name)
  if (properties && Object.keys(properties).length > 0) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!property) throw new FieldPathError(noField)
    found.schema = property
    found.path = found.path === '' ? name : `${found.path}.${name}`
  } else if (others) {
    found.schema = others === true ? undefined : others
    found.path += `[${name}]`
  } else throw new FieldPathError(noField)
}
