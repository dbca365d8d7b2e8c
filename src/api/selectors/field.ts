/**
 * Field selectors: `metadata.name=a,spec.nodeName!=b`, with `\` before `\`, `,` and `=` inside values. Error texts are
 * upstream's. Which fields a resource can be selected by is the resource's own business.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import { SelectorError } from './label.ts'

export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** All must hold; the empty list selects everything. */
export type FieldRequirements = readonly FieldRequirement[]

/** Sorted by text. A term without field and value is dropped. Throws `SelectorError`. */
export function parseFieldSelector(text: string): FieldRequirements {
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue
    const match = /^([^=!]*(?:!(?!=)[^=!]*)*)(!=|==|=)(.*)$/s.exec(term)
    if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`)
    const [, field = '', operator = '', value = ''] = match
    if (field === '' && value === '') continue
    requirements.push({ field, operator: operator === '!=' ? '!=' : '=', value: unescapeValue(value) })
  }
  return requirements
}

/** A field that the object lacks counts as empty. */
export function matchesFields(requirements: FieldRequirements, fieldValue: (field: string) => string): boolean {
  return requirements.every(({ field, operator, value }) => (fieldValue(field) === value) === (operator === '='))
}

export function formatFieldSelector(requirements: FieldRequirements): string {
  return requirements
    .map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`)
    .join(',')
}

/** The one value that a field must have, when the selector says so. */
export function exactFieldValue(requirements: FieldRequirements, field: string): string | undefined {
  return requirements.find((each) => each.field === field && each.operator === '=')?.value
}

function splitTerms(text: string): string[] {
  return text === '' ? [] : (text.match(/(?:\\.|[^,\\]|\\$)+|(?<=,|^)(?=,|$)/gs) ?? [])
}

function unescapeValue(value: string): string {
  return value.replace(/\\(.?)|[,=]/gs, (sequence, escaped: string | undefined) => {
    if (!sequence.startsWith('\\')) {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${sequence.codePointAt(0)}`)
    }
    if (escaped === undefined || !/^[\\,=]$/.test(escaped)) {
      throw new SelectorError(`invalid field selector: invalid escape sequence: ${sequence}`)
    }
    return escaped
  })
}
