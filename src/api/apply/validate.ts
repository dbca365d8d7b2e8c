/** Whether an applied configuration fits its type. Error texts as structured-merge-diff writes them. */
import { goQuoted } from '../errors.ts'
import { isObject, typeName } from '../patch/json-value.ts'
import { goText } from '../patch/strategic-list.ts'
import type { ListNode, MapNode, Scalar, StructNode, TypeNode } from '../schema/type-node.ts'
import { elementText, fieldElement } from './fields-v1.ts'
import { ElementError, elementOf } from './typed-value.ts'

/** The errors, each with its path in front; empty when the value fits. */
export function validateTyped(type: TypeNode, value: unknown): string[] {
  const errors: string[] = []
  validate(type, value, '', errors)
  return errors
}

/** One error reads alone; several stand on lines of their own. */
export function joinErrors(errors: readonly string[]): string {
  return errors.length === 1 ? errors[0]! : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n')
}

function validate(type: TypeNode, value: unknown, path: string, errors: string[]): void {
  if (value === null) return
  const fail = (what: string): void => {
    errors.push(path === '' ? what : `${path}: ${what}`)
  }
  if (type.kind === 'scalar') {
    const problem = scalarProblem(type.scalar, value)
    if (problem) fail(problem)
  } else if (type.kind === 'list') {
    if (Array.isArray(value)) validateList(type, value, path, errors)
    else fail(`expected list, got ${shown(value)}`)
  } else if (isObject(value)) {
    for (const name of Object.keys(value)) validateMember(type, name, value[name], path, errors)
  } else {
    fail(`expected map, got ${shown(value)}`)
  }
}

function validateMember(
  node: StructNode | MapNode,
  name: string,
  value: unknown,
  path: string,
  errors: string[],
): void {
  const below = `${path}${elementText(fieldElement(name))}`
  const type = node.kind === 'map' ? node.value : node.fields.get(name)?.type
  if (type) validate(type, value, below, errors)
  else if (node.kind === 'struct' && !node.preserveUnknown) errors.push(`${below}: field not declared in schema`)
}

function validateList(node: ListNode, items: unknown[], path: string, errors: string[]): void {
  const prefix = path === '' ? '' : `${path}: `
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    const element = node.listType === 'atomic' ? `i:${index}` : named(node, item)
    if (element instanceof ElementError) {
      errors.push(`${prefix}element ${index}: ${element.message}`)
      return
    }
    if (seen.has(element)) errors.push(`${prefix}duplicate entries for key ${elementText(element)}`)
    seen.add(element)
    validate(node.element, item, `${path}${elementText(element)}`, errors)
  }
}

function named(node: ListNode, item: unknown): string | ElementError {
  try {
    return elementOf(node, item)
  } catch (error) {
    if (error instanceof ElementError) return error
    throw error
  }
}

function scalarProblem(scalar: Scalar, value: unknown): string | undefined {
  switch (scalar) {
    case 'raw':
      return undefined
    case 'bool':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${shown(value)}`
    case 'int32':
    case 'int64':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint'
        ? undefined
        : `expected numeric (int or float), got ${typeName(value)}`
    case 'quantity':
    case 'intOrString':
      return ['string', 'number', 'bigint'].includes(typeof value)
        ? undefined
        : `expected any scalar, got ${shown(value)}`
    default:
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
  }
}

/** As upstream's library shows its wrapped value: its format `%v`. */
function shown(value: unknown): string {
  return `&{${goText(value)}}`
}

/** The same, where it uses `%#v`. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isObject(value)) return typeof value === 'string' ? goQuoted(value) : String(value)
  const members = Object.keys(value).sort()
  return `map[string]interface {}{${members.map((name) => `${goQuoted(name)}:${goSyntax(value[name])}`).join(', ')}}`
}
