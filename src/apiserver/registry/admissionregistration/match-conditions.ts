/** Names and number of the conditions under which a webhook or policy is asked. */
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import type { MatchCondition } from '../../../api/types/admissionregistration/v1.ts'
import { duplicate, invalidEach, required, tooMany } from '../validation/field.ts'

const conditionsMax = 64

/** `compile` answers what is wrong with an expression that is not blank. */
export function validateMatchConditions(
  path: string,
  conditions: readonly MatchCondition[],
  compile: (path: string, expression: string) => FieldError[],
): FieldError[] {
  const errors: FieldError[] = []
  if (conditions.length > conditionsMax) errors.push(tooMany(path, conditions.length, conditionsMax))
  const names = new Set<string>()
  for (const [index, { name = '', expression = '' }] of conditions.entries()) {
    const at = `${path}[${index}]`
    const text = expression.trim()
    if (text === '') errors.push(required(`${at}.expression`))
    else errors.push(...compile(`${at}.expression`, text))
    if (name === '') errors.push(required(`${at}.name`))
    else {
      errors.push(...invalidEach(`${at}.name`, name, isQualifiedName(name)))
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    }
    names.add(name)
  }
  return errors
}
