/** The rules of selectors in access reviews. Operators that nobody knows are let pass: newer clients may know more. */
import type { FieldError } from '../../api/errors.ts'
import { isLabelValue } from '../../api/names.ts'
import { invalidEach, required } from '../registry/validation/field.ts'
import { validateLabelName, validateSetOperator } from '../registry/validation/labels.ts'
import type { SelectorRequirement } from './selectors.ts'

export function selectorRequirementErrors(
  selector: 'fieldSelector' | 'labelSelector',
  path: string,
  requirements: readonly Partial<SelectorRequirement>[],
): FieldError[] {
  return requirements.flatMap(({ key = '', operator = '', values = [] }, index) => {
    const at = `${path}[${index}]`
    const operatorErrors = validateSetOperator(at, operator, values) ?? []
    if (selector === 'fieldSelector') {
      return [...(key === '' ? [required(`${at}.key`, 'must be specified')] : []), ...operatorErrors]
    }
    const wrong = values.flatMap((value, number) => invalidEach(`${at}.values[${number}]`, value, isLabelValue(value)))
    return [...operatorErrors, ...validateLabelName(`${at}.key`, key), ...wrong]
  })
}
