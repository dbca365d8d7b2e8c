/** Rules of the names that a definition wants or has got. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label } from '../../../api/names.ts'
import type { CustomResourceDefinitionNames } from '../../../api/types/apiextensions/v1.ts'
import { invalid } from '../../registry/validation/field.ts'

export function validateNames(names: CustomResourceDefinitionNames, path: string): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '' } = names
  const errors = [
    ...labelErrors(`${path}.plural`, plural),
    ...labelErrors(`${path}.singular`, singular),
    ...kindErrors(`${path}.kind`, kind),
    ...kindErrors(`${path}.listKind`, listKind),
    ...(names.shortNames ?? []).flatMap((name, index) => eachErrors(`${path}.shortNames[${index}]`, name)),
  ]
  if (kind !== '' && kind === listKind)
    errors.push(invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same'))
  errors.push(...(names.categories ?? []).flatMap((name, index) => eachErrors(`${path}.categories[${index}]`, name)))
  return errors
}

function labelErrors(path: string, name: string): FieldError[] {
  return name === '' ? [] : eachErrors(path, name)
}

function eachErrors(path: string, name: string): FieldError[] {
  const problems = isDns1035Label(name)
  return problems.length > 0 ? [invalid(path, name, problems.join(','))] : []
}

function kindErrors(path: string, kind: string): FieldError[] {
  const problems = kind === '' ? [] : isDns1035Label(kind.toLowerCase())
  if (problems.length === 0) return []
  return [invalid(path, kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`)]
}
