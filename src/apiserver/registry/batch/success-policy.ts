/** Rules of a job's success policy and of lists of indexes. Source: KEP-3998 (job success policy). */
import type { FieldError } from '../../../api/errors.ts'
import type { JobSpec, SuccessPolicyRule } from '../../../api/types/batch/v1.ts'
import { invalid, nonNegative, required, tooLong, tooMany } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'

const rulesMax = 20
const indexesBytesMax = 64 * 1024

export function validateSuccessPolicy(path: string, spec: JobSpec): FieldError[] {
  const policy = spec.successPolicy
  if (!policy) return []
  if (spec.completionMode !== 'Indexed') {
    return [invalid(path, goStruct('SuccessPolicy', policy), 'requires indexed completion mode')]
  }
  const rules = policy.rules ?? []
  if (rules.length === 0) {
    return [required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')]
  }
  const errors = rules.length > rulesMax ? [tooMany(`${path}.rules`, rules.length, rulesMax)] : []
  for (const [index, rule] of rules.entries()) {
    errors.push(...validateRule(`${path}.rules[${index}]`, rule, spec.completions ?? 0))
  }
  return errors
}

function validateRule(path: string, rule: SuccessPolicyRule, completions: number): FieldError[] {
  const { succeededIndexes, succeededCount } = rule
  const errors: FieldError[] = []
  if (succeededIndexes === undefined && succeededCount === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'))
  }
  let total = 0
  if (succeededIndexes !== undefined) {
    const at = `${path}.succeededIndexes`
    if (succeededIndexes.length > indexesBytesMax) errors.push(tooLong(at, indexesBytesMax))
    const counted = countIndexes(succeededIndexes, completions)
    if (typeof counted === 'number') total = counted
    else errors.push(invalid(at, succeededIndexes, `error parsing succeededIndexes: ${counted}`))
  }
  if (succeededCount === undefined) return errors
  const at = `${path}.succeededCount`
  errors.push(...nonNegative(at, succeededCount))
  if (succeededCount > completions) {
    const why = `must be less than or equal to ${completions} (the number of specified completions)`
    errors.push(invalid(at, succeededCount, why))
  }
  if (succeededIndexes !== undefined && succeededCount > total) {
    const why = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`
    errors.push(invalid(at, succeededCount, why))
  }
  return errors
}

/** How many indexes `0-2,5` names, or what is wrong with it. */
export function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0
  let last: number | undefined
  let total = 0
  for (const interval of text.split(',')) {
    const limits = interval.split('-')
    if (limits.length > 2) {
      const rule = 'violates the requirement that an index interval can have at most two parts separated by'
      return `the fragment ${JSON.stringify(interval)} ${rule} '-'`
    }
    const numbers: number[] = []
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`
      const number = Number(limit)
      if (number >= completions) return `too large index: ${JSON.stringify(limit)}`
      if (last !== undefined && number <= last) return `non-increasing order, previous: ${last}, current: ${number}`
      last = number
      numbers.push(number)
    }
    total += (numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1
  }
  return total
}
