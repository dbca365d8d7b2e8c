/**
 * The paths of a scale subresource in an object: reading them, writing the wanted number, and their rules.
 * Source: apiextensions-apiserver's `registry/customresource/validator.go`.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isObject, type JsonObject, member, setMember } from '../../../api/patch/json-value.ts'
import type { CustomResourceSubresourceScale } from '../../../api/types/apiextensions/v1.ts'
import { invalid } from '../../registry/validation/field.ts'

const int32Max = 2_147_483_647

export function validateScaleSpec(scale: CustomResourceSubresourceScale, object: unknown): FieldError[] {
  return replicasErrors(scale.specReplicasPath, object)
}

export function validateScaleStatus(scale: CustomResourceSubresourceScale, object: unknown): FieldError[] {
  const errors = replicasErrors(scale.statusReplicasPath, object)
  const path = scale.labelSelectorPath
  if (!path) return errors
  const found = find(object, path)
  if (found.value !== undefined && typeof found.value !== 'string')
    errors.push(invalid(path, '', accessorError(path, found.value, 'string')))
  return errors
}

/** The number at the path; undefined when nothing stands there, or something else than a number. */
export function numberAt(object: unknown, path: string): number | undefined {
  const { value } = find(object, path)
  return typeof value === 'number' ? value : undefined
}

export function textAt(object: unknown, path: string): string {
  const { value } = find(object, path)
  return typeof value === 'string' ? value : ''
}

/** In place; makes the objects on the way. */
export function setNumber(object: JsonObject, path: string, value: number): void {
  const names = namesOf(path)
  let place = object
  for (const name of names.slice(0, -1)) {
    const next = member(place, name)
    const below = isObject(next) ? next : {}
    if (below !== next) setMember(place, name, below)
    place = below
  }
  setMember(place, names.at(-1) ?? '', value)
}

function replicasErrors(path: string, object: unknown): FieldError[] {
  const { value } = find(object, path)
  if (value === undefined) return []
  if (typeof value !== 'number' || !Number.isInteger(value))
    return [invalid(path, 0, accessorError(path, value, 'int64'))]
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')]
  if (value > int32Max) return [invalid(path, value, `should be less than or equal to ${int32Max}`)]
  return []
}

function find(object: unknown, path: string): { value: unknown } {
  let value: unknown = object
  for (const name of namesOf(path)) {
    if (!isObject(value)) return { value: undefined }
    value = member(value, name)
  }
  return { value }
}

function namesOf(path: string): string[] {
  return path.replace(/^\./, '').split('.')
}

function accessorError(path: string, value: unknown, wanted: string): string {
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `.${path.replace(/^\./, '')} accessor error: ${shown} is of the type ${goType(value)}, expected ${wanted}`
}

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}
