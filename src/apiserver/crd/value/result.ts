/**
 * What came of checking a value against a schema: errors in the order found, and how many checks passed, by which the
 * best of several alternatives is chosen.
 *
 * Source of codes and texts: kube-openapi's `validation`, as clients see them in `Status.details.causes`.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isObject } from '../../../api/patch/json-value.ts'
import { limits } from '../../../limits.ts'
import { tooLong, tooMany } from '../../registry/validation/field.ts'

export interface ValueError {
  kind: 'required' | 'enum' | 'tooLong' | 'tooMany' | 'type' | 'other'
  /** From the root of the check: `spec.ports[0]`; absent where the error is of a whole alternative. */
  path?: string
  value?: unknown
  /** Of `enum`. */
  supported?: readonly unknown[]
  /** Of `tooLong` and `tooMany`. */
  max?: number
  message: string
}

/** One is made for each value and each alternative, and most stay empty. */
export class Result {
  errors: readonly ValueError[] = none
  matches = 0
  #own: ValueError[] | undefined
  #messages: Set<string> | undefined

  add(error: ValueError): void {
    if (this.errors.length >= limits.customResourceErrorsMax || this.#has(error)) return
    this.#own ??= [...this.errors]
    this.#own.push(error)
    this.errors = this.#own
    this.#messages?.add(error.message)
  }

  #has({ message }: ValueError): boolean {
    if (this.errors.length < 8) return this.errors.some((each) => each.message === message)
    this.#messages ??= new Set(this.errors.map((each) => each.message))
    return this.#messages.has(message)
  }

  merge(other: Result | undefined): void {
    if (!other) return
    if (this.errors.length === 0) this.errors = other.errors
    else for (const error of other.errors) this.add(error)
    this.matches += other.matches
  }

  /** The same checks, their errors forgiven. */
  forgiven(): Result {
    const result = new Result()
    result.matches = this.matches
    return result
  }
}

const none: readonly ValueError[] = []

export function failed(error: ValueError): Result {
  const result = new Result()
  result.add(error)
  return result
}

/** `below` is the path of the checked value; empty for a whole object. */
export function fieldErrors({ errors }: Result, below = ''): FieldError[] {
  return errors.map((error) => fieldError(error, below))
}

function fieldError(error: ValueError, below: string): FieldError {
  const path = joined(below, error.path) || '<nil>'
  switch (error.kind) {
    case 'required':
      return { type: 'Required', path, detail: '' }
    case 'enum': {
      const values = (error.supported ?? []).map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
      const list = values.map((each) => JSON.stringify(each)).join(', ')
      return {
        type: 'NotSupported',
        path,
        value: sortedMembers(error.value ?? null),
        detail: `supported values: ${list}`,
      }
    }
    case 'tooLong':
      return tooLong(path, error.max ?? 0)
    case 'tooMany':
      return tooMany(path, Number(error.value), error.max ?? 0)
    case 'type':
      return { type: 'TypeInvalid', path, value: error.value ?? '', detail: error.message }
    default:
      return { type: 'Invalid', path, value: sortedMembers(error.value ?? ''), detail: error.message }
  }
}

/** As Go writes values that have no type: members by name. */
export function sortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedMembers)
  if (!isObject(value)) return value
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sortedMembers(value[name])]))
}

function joined(below: string, path: string | undefined): string {
  const own = (path ?? '').replace(/^\./, '')
  if (own === '') return below
  return below === '' ? own : `${below}.${own}`
}
