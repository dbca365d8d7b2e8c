/**
 * Builders for field errors, one for each way a value can be wrong, with upstream's details. Paths are written out
 * (`spec.ports[0].port`), so that a rule reads like the message it makes.
 * Source: apimachinery's field errors as seen in `Status.details.causes`.
 */
import type { FieldError } from '../../../api/errors.ts'

export const messages = {
  immutable: 'field is immutable',
  negative: 'must be greater than or equal to 0',
  notPositive: 'must be greater than zero',
  fileMode: 'must be a number between 0 and 0777 (octal), both inclusive',
  selectorMismatch: '`selector` does not match template `labels`',
}

export function inclusiveRange(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`
}

export function required(path: string, detail = ''): FieldError {
  return { type: 'Required', path, detail }
}

/** `null` shows as `null`; `undefined` leaves the value out of the message. */
export function invalid(path: string, value: unknown, detail: string): FieldError {
  return { type: 'Invalid', path, value, detail }
}

export function notSupported(path: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((item) => JSON.stringify(item)).join(', ')
  return { type: 'NotSupported', path, value, detail: `supported values: ${list}` }
}

export function duplicate(path: string, value: unknown, detail = ''): FieldError {
  return { type: 'Duplicate', path, value, detail }
}

export function forbidden(path: string, detail: string): FieldError {
  return { type: 'Forbidden', path, detail }
}

export function tooLong(path: string, maxBytes: number): FieldError {
  const detail = `may not be more than ${maxBytes} ${maxBytes === 1 ? 'byte' : 'bytes'}`
  return { type: 'TooLong', path, detail: maxBytes < 0 ? 'value is too long' : detail }
}

export function tooMany(path: string, actual: number, max: number): FieldError {
  const detail = max < 0 ? 'has too many items' : `must have at most ${max} item${max === 1 ? '' : 's'}`
  return { type: 'TooMany', path, value: actual, detail }
}

export function notFound(path: string, value: unknown, detail = ''): FieldError {
  return { type: 'NotFound', path, value, detail }
}

/** One Invalid for each message of a syntax rule; none when the list is empty. */
export function invalidEach(path: string, value: unknown, details: readonly string[]): FieldError[] {
  return details.map((detail) => invalid(path, value, detail))
}

/** An absent value counts as zero and passes. */
export function nonNegative(path: string, value: number | undefined | null): FieldError[] {
  return value !== undefined && value !== null && value < 0 ? [invalid(path, value, messages.negative)] : []
}

export function inRange(path: string, value: number, low: number, high: number): FieldError[] {
  return value < low || value > high ? [invalid(path, value, inclusiveRange(low, high))] : []
}

/** A value that must be one of a set; an empty one is reported as missing. */
export function requiredOneOf(path: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (!value) return [required(path)]
  return supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

/** A pointer field: absent passes, everything else (the empty string too) must be one of the set. */
export function optionalOneOf(
  path: string,
  value: string | undefined | null,
  supported: readonly string[],
): FieldError[] {
  return value === undefined || value === null || supported.includes(value)
    ? []
    : [notSupported(path, value, supported)]
}

/** Bytes of the UTF-8 form, as Go's `len` counts. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text)
}
