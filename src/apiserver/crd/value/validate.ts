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
import { part } from '../../../platform/turn.ts'
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

  /**
   * What `checkOne` says of each, until nothing is left. Of many, some are one part of work that may be done in several
   * turns (`inParts`).
   */
  each<T>(members: readonly T[], shown: (member: T) => unknown, checkOne: (member: T) => Result): Result {
    const result = new Result()
    for (let start = 0; start < members.length && !this.exhausted; ) {
      const end = members.length > fewMembers ? endOfPart(members, start, shown) : start
      if (end === start) result.merge(checkOne(members[start++]!))
      else result.merge(this.#part(members.slice(start, end), checkOne))
      start = Math.max(start, end)
    }
    return result
  }

  #part<T>(members: readonly T[], checkOne: (member: T) => Result): Result {
    const before = this.#left
    const { made, left } = part(
      ({ left }) => before - left,
      () => {
        const made = new Result()
        for (const member of members) if (!this.exhausted) made.merge(checkOne(member))
        return { made, left: this.#left }
      },
    )
    this.#left = left
    return made
  }
}

const fewMembers = 64
const valuesOfPart = 256

/** Behind the members that have about so many values together; `start` where the first alone has as many. */
function endOfPart<T>(members: readonly T[], start: number, shown: (member: T) => unknown): number {
  let left = valuesOfPart
  let end = start
  while (end < members.length) {
    left = leftAfter(shown(members[end]!), left)
    if (left <= 0) break
    end += 1
  }
  return end
}

/** Of so many values, when those of this one are counted; counting ends at 0. */
function leftAfter(value: unknown, left: number): number {
  if (typeof value !== 'object' || value === null) return left - 1
  let rest = left - 1
  for (const name in value) {
    if (rest <= 0) break
    rest = leftAfter((value as JsonObject)[name], rest)
  }
  return rest
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
    const each = ([index, item]: readonly [number, unknown]): Result =>
      checkValue(check, { schema: element, path: `${path}[${index}]` }, item, before?.(index))
    result.merge(check.each([...items.entries()], ([, item]) => item, each))
    if (check.exhausted) return result
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
    const keys = Object.keys(object).filter((key) => !Object.hasOwn(properties, key))
    const each = (key: string): Result => {
      const at = { schema: others, path: `${path}.${key}` }
      return checkValue(check, at, object[key], correlatedMember(schema, path, key, old))
    }
    result.merge(check.each(keys, (key) => object[key], each))
    if (check.exhausted) return result
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
