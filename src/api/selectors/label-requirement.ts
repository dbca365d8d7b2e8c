/** The terms of a label selector, checked as upstream checks them, with its error texts. */
import { isLabelValue, isQualifiedName } from '../names.ts'

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

/** All must hold; the empty list selects everything. */
export type LabelRequirements = readonly LabelRequirement[]

export class SelectorError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SelectorError'
  }
}

/** Checks key and values as upstream does; several errors read `[a, b]`. */
export function requirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors = keyErrors(key, 'key')
  errors.push(...countErrors(operator, values))
  values.forEach((value, index) => {
    if (operator === 'gt' || operator === 'lt') {
      if (!isInteger(value)) {
        const rule = "for 'Gt', 'Lt' operators, the value must be an integer"
        errors.push(`values[${index}]: Invalid value: ${JSON.stringify(value)}: ${rule}`)
      }
    }
    const broken = isLabelValue(value)
    if (broken.length > 0) {
      errors.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${broken.join('; ')}`)
    }
  })
  if (errors.length > 0) throw new SelectorError(errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`)
  return { key, operator, values }
}

export function keyErrors(key: string, path: string): string[] {
  const broken = isQualifiedName(key)
  return broken.length === 0 ? [] : [`${path}: Invalid value: ${JSON.stringify(key)}: ${broken.join('; ')}`]
}

function countErrors(operator: LabelOperator, values: readonly string[]): string[] {
  const shown = JSON.stringify(values)
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length > 0) return []
      return [`values: Invalid value: ${shown}: for 'in', 'notin' operators, values set can't be empty`]
    case 'exists':
    case '!':
      if (values.length === 0) return []
      return [`values: Invalid value: ${shown}: values set must be empty for exists and does not exist`]
    case 'gt':
    case 'lt':
      if (values.length === 1) return []
      return [`values: Invalid value: ${shown}: for 'Gt', 'Lt' operators, exactly one value is required`]
    default:
      if (values.length === 1) return []
      return [`values: Invalid value: ${shown}: exact-match compatibility requires one single value`]
  }
}

/** Within 64 bits. */
export function isInteger(text: string): boolean {
  return /^[-+]?[0-9]{1,19}$/.test(text) && BigInt.asIntN(64, toBigInt(text)) === toBigInt(text)
}

export function toBigInt(text: string): bigint {
  return BigInt(text.startsWith('+') ? text.slice(1) : text)
}

export function byKey(left: LabelRequirement, right: LabelRequirement): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0
}
