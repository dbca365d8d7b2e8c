/** Names and number of the conditions under which a webhook or policy is asked. */
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import type { MatchCondition } from '../../../api/types/admissionregistration/v1.ts'
import { duplicate, invalidEach, required, tooMany } from '../validation/field.ts'

const conditionsMax = 64

/** Whether an expression compiles is not decided here. */
export function validateMatchConditions(path: string, conditions: readonly MatchCondition[]): FieldError[] {
  const errors: FieldError[] = []
  if (conditions.length > conditionsMax) errors.push(tooMany(path, conditions.length, conditionsMax))
  const names = new Set<string>()
  for (const [index, { name = '', expression = '' }] of conditions.entries()) {
    const at = `${path}[${index}]`
    if (expression.trim() === '') errors.push(required(`${at}.expression`))
    if (name === '') errors.push(required(`${at}.name`))
    else {
      errors.push(...invalidEach(`${at}.name`, name, isQualifiedName(name)))
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    }
    names.add(name)
  }
  return errors
}
