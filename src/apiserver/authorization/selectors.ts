/**
 * Selectors in questions to authorizers: what a request says in text, reviews say in requirements, and authorizers see as
 * requirements. What cannot be read is left out, which only ever narrows what is allowed.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#using-selectors
 */
import { type FieldRequirement, formatFieldSelector, parseFieldSelector } from '../../api/selectors/field.ts'
import {
  formatLabelSelector,
  type LabelOperator,
  type LabelRequirement,
  labelSelectorRequirements,
  parseLabelSelector,
  SelectorError,
} from '../../api/selectors/label.ts'
import type { ResourceAttributes } from '../../api/types/authorization/v1.ts'
import type { LabelSelector } from '../../api/types/meta/v1.ts'
import type { AuthorizationAttributes } from '../authorize.ts'

/** As `SubjectAccessReview` has them. */
export interface SelectorRequirement {
  key: string
  operator: string
  values?: string[]
}

/** Requirements of a request's field selector; undefined when it has none that can be read. */
export function fieldRequirementsOf({ fieldSelector }: Pick<AuthorizationAttributes, 'fieldSelector'>) {
  const read = fieldSelector ? attempt(() => parseFieldSelector(fieldSelector)) : undefined
  return read?.map(
    ({ field, operator, value }): SelectorRequirement => ({
      key: field,
      operator: operator === '=' ? 'In' : 'NotIn',
      values: [value],
    }),
  )
}

/** The same of its label selector. `gt` and `lt` cannot be said in requirements and are left out. */
export function labelRequirementsOf({ labelSelector }: Pick<AuthorizationAttributes, 'labelSelector'>) {
  const read = labelSelector ? attempt(() => parseLabelSelector(labelSelector)) : undefined
  return read?.flatMap(({ key, operator, values }): SelectorRequirement[] => {
    const name = reviewOperators[operator]
    if (!name) return []
    return [values.length > 0 ? { key, operator: name, values: [...values] } : { key, operator: name }]
  })
}

const reviewOperators: Readonly<Partial<Record<LabelOperator, string>>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
}

/** What a review asks about, as a request would say it. */
export function selectorsOf(asked: ResourceAttributes | undefined): { fieldSelector?: string; labelSelector?: string } {
  const fieldSelector = asked?.fieldSelector && fieldsOf(asked.fieldSelector).text
  const labelSelector = asked?.labelSelector && labelsOf(asked.labelSelector).text
  return { ...(fieldSelector ? { fieldSelector } : {}), ...(labelSelector ? { labelSelector } : {}) }
}

/** What of a review's selectors could not be read, as `evaluationError` says it. */
export function selectorErrors(asked: ResourceAttributes | undefined): string[] {
  const read = {
    fieldSelector: asked?.fieldSelector && fieldsOf(asked.fieldSelector),
    labelSelector: asked?.labelSelector && labelsOf(asked.labelSelector),
  }
  return Object.entries(read).flatMap(([name, selector]) => {
    if (!selector?.failed) return []
    const ignored = selector.text === '' ? 'ignored' : 'partially ignored'
    return [`spec.resourceAttributes.${name} ${ignored} due to parse error`]
  })
}

interface Read {
  text: string
  failed: boolean
}

function fieldsOf({ rawSelector, requirements = [] }: NonNullable<ResourceAttributes['fieldSelector']>): Read {
  if (rawSelector) return readRaw(rawSelector, parseFieldSelector)
  const read = requirements.map(({ key, operator, values = [] }): FieldRequirement | undefined => {
    const [value, ...more] = values
    if ((operator !== 'In' && operator !== 'NotIn') || value === undefined || more.length > 0) return undefined
    return { field: key ?? '', operator: operator === 'In' ? '=' : '!=', value }
  })
  const known = read.filter((one) => one !== undefined)
  return { text: formatFieldSelector(known), failed: known.length < read.length }
}

function labelsOf({ rawSelector, requirements = [] }: NonNullable<ResourceAttributes['labelSelector']>): Read {
  if (rawSelector) return readRaw(rawSelector, parseLabelSelector)
  const read = requirements.map((one) => attempt(() => oneLabel(one)))
  const known = read.flatMap((one) => one ?? [])
  return { text: formatLabelSelector(known), failed: read.includes(undefined) }
}

function readRaw(text: string, parse: (text: string) => unknown): Read {
  const failed = attempt(() => parse(text)) === undefined
  return { text: failed ? '' : text, failed }
}

function oneLabel(requirement: object): readonly LabelRequirement[] {
  const read = labelSelectorRequirements({ matchExpressions: [requirement] } as LabelSelector)
  return read === 'nothing' ? [] : read
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SelectorError) return undefined
    throw error
  }
}
