/** Rules for file paths inside volumes: relative, never upwards. Source: core/v1 KeyToPath, VolumeMount.subPath. */
import type { FieldError } from '../../../api/errors.ts'
import { invalid } from './field.ts'

export function noBacksteps(path: string, target: string): FieldError[] {
  return target.split('/').includes('..') ? [invalid(path, target, "must not contain '..'")] : []
}

export function localDescendingPath(path: string, target: string): FieldError[] {
  const errors = target.startsWith('/') ? [invalid(path, target, 'must be a relative path')] : []
  return [...errors, ...noBacksteps(path, target)]
}

/** As above, and no first element that begins with two dots (the atomic writer's own names). */
export function localNonReservedPath(path: string, target: string): FieldError[] {
  const errors = localDescendingPath(path, target)
  if (target.startsWith('..') && !target.startsWith('../')) {
    errors.push(invalid(path, target, "must not start with '..'"))
  }
  return errors
}
