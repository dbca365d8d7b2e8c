/** `anyOf`, `oneOf`, `allOf` and `not`. What fails is said about the alternative that passed most checks. */
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import type { Old } from './correlate.ts'
import { failed, Result } from './result.ts'
import { type At, type Check, checkParts } from './validate.ts'

export function checkAlternatives(check: Check, { schema, path }: At, value: unknown, old: Old | undefined): Result {
  const result = new Result()
  result.matches = 1
  if (!(schema.anyOf?.length || schema.oneOf?.length || schema.allOf?.length || schema.not)) return result
  const against = (alternative: JSONSchemaProps): Result => checkParts(check, { schema: alternative, path }, value, old)
  const quoted = JSON.stringify(path)
  if (schema.anyOf?.length) result.merge(checkAny(schema.anyOf.values(), against, quoted))
  if (schema.oneOf?.length) result.merge(checkOne(schema.oneOf, against, quoted))
  if (schema.allOf?.length) result.merge(checkAll(schema.allOf, against, quoted))
  if (schema.not && against(schema.not).errors.length === 0) {
    result.add({ kind: 'other', message: `${quoted} must not validate the schema (not)` })
  }
  return result
}

type Against = (alternative: JSONSchemaProps) => Result

function checkAny(alternatives: Iterable<JSONSchemaProps>, against: Against, quoted: string): Result {
  let best: Result | undefined
  for (const alternative of alternatives) {
    const result = against(alternative)
    if (result.errors.length === 0) return result
    if (!best || result.matches > best.matches) best = result
  }
  const result = failed({ kind: 'other', message: `${quoted} must validate at least one schema (anyOf)` })
  result.merge(best)
  return result
}

function checkOne(alternatives: readonly JSONSchemaProps[], against: Against, quoted: string): Result {
  let best: Result | undefined
  let first: Result | undefined
  let valid = 0
  for (const alternative of alternatives) {
    const result = against(alternative)
    if (result.errors.length === 0) {
      valid += 1
      first ??= result
      best = undefined
    } else if (valid === 0 && (!best || result.matches > best.matches)) best = result
  }
  if (valid === 1) return first!
  const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
  const message = `${quoted} must validate one and only one schema (oneOf). ${found}`
  const result = failed({ kind: 'other', message })
  result.merge(best)
  return result
}

function checkAll(alternatives: readonly JSONSchemaProps[], against: Against, quoted: string): Result {
  const result = new Result()
  let valid = 0
  for (const alternative of alternatives) {
    const part = against(alternative)
    if (part.errors.length === 0) valid += 1
    result.merge(part)
  }
  if (valid === alternatives.length) return result
  const none = valid === 0 ? '. None validated' : ''
  result.add({ kind: 'other', message: `${quoted} must validate all the schemas (allOf)${none}` })
  return result
}
