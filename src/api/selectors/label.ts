/**
 * Label selectors, as text (`app=web,tier in (a,b),!old`) and as objects (`matchLabels`, `matchExpressions`): parsed to
 * requirements, matched, and written back in the canonical form. Error texts are upstream's.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import type { LabelSelector, LabelSelectorRequirement } from '../types/meta/v1.ts'
import {
  byKey,
  isInteger,
  type LabelOperator,
  type LabelRequirement,
  type LabelRequirements,
  requirement,
  SelectorError,
  toBigInt,
} from './label-requirement.ts'

export { labelSelectorParameter, parseLabelSelector } from './label-parse.ts'
export {
  type LabelOperator,
  type LabelRequirement,
  type LabelRequirements,
  SelectorError,
} from './label-requirement.ts'

export type Labels = Readonly<Record<string, string>> | undefined

/** Absent selects nothing, empty selects everything. Throws `SelectorError` on an unknown operator or broken values. */
export function labelSelectorRequirements(selector: LabelSelector | undefined): LabelRequirements | 'nothing' {
  if (!selector) return 'nothing'
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => requirement(key, '=', [value]))
  for (const expression of selector.matchExpressions ?? []) requirements.push(expressionRequirement(expression))
  return requirements.sort(byKey)
}

export function matchesLabels(requirements: LabelRequirements, labels: Labels): boolean {
  return requirements.every((each) => matchesRequirement(each, labels))
}

/** An absent or broken selector matches nothing, an empty one everything. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false
  for (const key in selector.matchLabels) {
    if (labelOf(labels, key) !== selector.matchLabels[key]) return false
  }
  return (selector.matchExpressions ?? []).every((expression) => matchesExpression(expression, labels))
}

/** A plain map selector (Service, ReplicationController): an absent or empty one matches nothing. */
export function matchesLabelMap(selector: Readonly<Record<string, string>> | undefined, labels: Labels): boolean {
  const keys = Object.keys(selector ?? {})
  return keys.length > 0 && keys.every((key) => labelOf(labels, key) === selector?.[key])
}

/** The canonical text, as scale subresources and `kubectl` show it. */
export function formatLabelSelector(requirements: LabelRequirements): string {
  return requirements.map(formatRequirement).join(',')
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const list = [...values].sort().join(',')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    default:
      return `${key}${operator}${list}`
  }
}

function matchesRequirement({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labelOf(labels, key)
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt':
      return value !== undefined && comparesAs(operator, value, values[0] ?? '')
  }
}

/** Labels that aren't integers match neither. */
function comparesAs(operator: 'gt' | 'lt', value: string, bound: string): boolean {
  if (!isInteger(value) || !isInteger(bound)) return false
  return operator === 'gt' ? toBigInt(value) > toBigInt(bound) : toBigInt(value) < toBigInt(bound)
}

function labelOf(labels: Labels, key: string): string | undefined {
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined
}

const expressionOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

function matchesExpression({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean {
  const known = Object.hasOwn(expressionOperators, operator) ? expressionOperators[operator] : undefined
  return known !== undefined && matchesRequirement({ key, operator: known, values: values ?? [] }, labels)
}

function expressionRequirement({ key, operator, values }: LabelSelectorRequirement): LabelRequirement {
  const known = Object.hasOwn(expressionOperators, operator) ? expressionOperators[operator] : undefined
  if (!known) throw new SelectorError(`"${operator}" is not a valid label selector operator`)
  return requirement(key, known, values ?? [])
}
