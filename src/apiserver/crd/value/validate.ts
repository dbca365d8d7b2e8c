/**
 * A value checked against an OpenAPI v3 schema. The checks run in upstream's order and count alike, since the number
 * of passed checks decides which alternative of `anyOf` and `oneOf` is reported. With the stored value beside it, an
 * error in a part that did not change is forgiven (ratcheting).
 *
 * Work is bounded: each check takes one step of a budget, texts more.
 *
 * Source: kube-openapi's `validation/validate`, https://kep.k8s.io/4008 (ratcheting).
 */
import { isObject, type JsonObject, jsonEqual } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { limits } from '../../../limits.ts'
import { schemaOf } from '../schema/type.ts'
import { checkAlternatives } from './alternatives.ts'
import { correlatedItems, correlatedMember, type Old } from './correlate.ts'
import { checkEnum, checkFormat, checkNumber, checkText, checkType, checkTypeOfNull } from './primitive.ts'
import { Result } from './result.ts'

/** One check of one whole value. */
export class Check {
  #left: number

  constructor(budget: number = limits.customResourceChecksMax) {
    this.#left = budget
  }

  /** Whether work may go on. */
  take(steps: number): boolean {
    this.#left -= steps
    return this.#left >= 0
  }

  get exhausted(): boolean {
    return this.#left < 0
  }
}

/** `path` is empty for a whole object. `old` is the stored value that this one replaces, where there is one. */
export function validateValue(schema: JSONSchemaProps, value: unknown, old?: Old): Result {
  const check = new Check()
  const result = checkValue(check, { schema, path: '' }, value, old)
  if (!check.exhausted) return result
  const spent = new Result()
  spent.add({ kind: 'other', message: `checking the value takes more than ${limits.customResourceChecksMax} steps` })
  return spent
}

export interface At {
  schema: JSONSchemaProps
  path: string
}

export function checkValue(check: Check, at: At, value: unknown, old: Old | undefined): Result {
  const result = checkParts(check, at, value, old)
  return result.errors.length > 0 && old && jsonEqual(old.value, value) ? result.forgiven() : result
}

/** Without forgiving the value itself: an alternative is no part of its own. */
export function checkParts(check: Check, at: At, value: unknown, old: Old | undefined): Result {
  const result = new Result()
  if (!check.take(1)) return result
  if (value === null || value === undefined) {
    result.merge(checkTypeOfNull(at))
    result.merge(checkEnum(at, null))
    return result
  }
  const step = (part: Result | undefined): void => {
    result.merge(part)
    result.matches += 1
  }
  const { schema } = at
  if (schema.type || schema.format || schema['x-kubernetes-int-or-string']) step(checkType(at, value))
  step(checkAlternatives(check, at, value, old))
  if (typeof value === 'string') {
    check.take(value.length >> 4)
    step(checkText(at, value))
    if (schema.format) step(checkFormat(at, value))
  }
  if (typeof value === 'number' || typeof value === 'bigint') step(checkNumber(at, value))
  if (Array.isArray(value)) step(checkItems(check, at, value, old))
  step(checkEnum(at, value))
  if (isObject(value)) step(checkMembers(check, at, value, old))
  result.matches += 1
  return result
}

function checkItems(check: Check, { schema, path }: At, items: unknown[], old: Old | undefined): Result {
  const result = new Result()
  const element = schemaOf(schema.items)
  if (element) {
    const before = correlatedItems(schema, items, old)
    for (const [index, item] of items.entries()) {
      result.merge(checkValue(check, { schema: element, path: `${path}[${index}]` }, item, before?.(index)))
      if (check.exhausted) return result
    }
  }
  const { minItems, maxItems } = schema
  const count = items.length
  if (isLimit(minItems) && count < minItems) {
    result.add({ kind: 'other', path, value: count, message: `${path} in body should have at least ${minItems} items` })
  }
  if (isLimit(maxItems) && count > maxItems) {
    const message = `${path} in body should have at most ${maxItems} items`
    result.add({ kind: 'tooMany', path, value: count, max: maxItems, message })
  }
  result.matches += 1
  return result
}

function checkMembers(check: Check, { schema, path }: At, object: JsonObject, old: Old | undefined): Result {
  const result = new Result()
  checkCount({ schema, path }, Object.keys(object).length, result)
  const properties = schema.properties ?? {}
  const others = schema.additionalProperties
  if (others === false) {
    for (const key of Object.keys(object)) {
      if (Object.hasOwn(properties, key)) continue
      result.add({ kind: 'other', path, value: key, message: `${path}.${key} in body is a forbidden property` })
    }
  } else if (typeof others === 'object' && others !== null) {
    for (const key of Object.keys(object)) {
      if (Object.hasOwn(properties, key)) continue
      const at = { schema: others, path: `${path}.${key}` }
      result.merge(checkValue(check, at, object[key], correlatedMember(schema, path, key, old)))
      if (check.exhausted) return result
    }
  }
  for (const name of Object.keys(properties)) {
    if (!Object.hasOwn(object, name)) continue
    const at = { schema: properties[name]!, path: path === '' ? name : `${path}.${name}` }
    result.merge(checkValue(check, at, object[name], correlatedMember(schema, path, name, old)))
    if (check.exhausted) return result
  }
  for (const name of schema.required ?? []) {
    if (Object.hasOwn(object, name)) continue
    result.add({ kind: 'required', path: `${path}.${name}`, message: `${path}.${name} in body is required` })
  }
  return result
}

function checkCount({ schema, path }: At, count: number, result: Result): void {
  const { minProperties, maxProperties } = schema
  if (isLimit(minProperties) && count < minProperties) {
    const message = `${path} in body should have at least ${minProperties} properties`
    result.add({ kind: 'other', path, value: count, message })
  }
  if (isLimit(maxProperties) && count > maxProperties) {
    const message = `${path} in body should have at most ${maxProperties} properties`
    result.add({ kind: 'tooMany', path, value: count, max: maxProperties, message })
  }
}

export function isLimit(value: number | undefined | null): value is number {
  return value !== undefined && value !== null
}
