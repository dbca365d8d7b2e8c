import type { FieldError } from '../../../api/errors.ts'
import type { CustomResourceDefinition } from '../../../api/types/apiextensions/v1.ts'

export function validateDefinition(_definition: CustomResourceDefinition): FieldError[] {
  return []
}
export function validateDefinitionUpdate(
  _definition: CustomResourceDefinition,
  _old: CustomResourceDefinition,
): FieldError[] {
  return []
}
export function validateStatus(_definition: CustomResourceDefinition): FieldError[] {
  return []
}
