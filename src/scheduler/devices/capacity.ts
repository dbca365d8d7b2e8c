/**
 * Shares of devices that several claims can have: what a request takes of each capacity, and whether that is left.
 * Source: KEP-5075 (consumable capacity).
 */
import { addQuantities, compareQuantities, quantityOfWhole, wholeValue } from '../../api/quantity.ts'
import type { CapacityRequestPolicyRange, Device, DeviceCapacity } from '../../api/types/resource/v1.ts'

/** Amounts by the name of the capacity. */
export type Amounts = Readonly<Record<string, string>>

/** What a request takes; undefined when the device has no such capacity, or does not give such an amount. */
export function sharesOf({ capacity = {} }: Device, requests: Amounts = {}): Amounts | undefined {
  if (Object.keys(requests).some((name) => !Object.hasOwn(capacity, name))) return undefined
  const shares: [string, string][] = []
  for (const [name, one] of Object.entries(capacity)) {
    const share = shareOf(one, requests[name])
    if (violatesPolicy(share, one)) return undefined
    shares.push([name, share])
  }
  return Object.fromEntries(shares)
}

export function isLeft({ capacity = {} }: Device, shares: Amounts, taken: readonly Amounts[]): boolean {
  return Object.entries(capacity).every(([name, { value }]) => {
    const total = taken.reduce((sum, amounts) => addQuantities(sum, amounts[name] ?? '0'), shares[name] ?? '0')
    return compareQuantities(total, value) <= 0
  })
}

function shareOf({ value, requestPolicy }: DeviceCapacity, wanted: string | undefined): string {
  if (wanted === undefined) return requestPolicy?.default ?? value
  if (requestPolicy?.validRange) return roundUp(wanted, requestPolicy.validRange)
  const { validValues = [] } = requestPolicy ?? {}
  return validValues.find((valid) => compareQuantities(wanted, valid) <= 0) ?? wanted
}

function roundUp(wanted: string, { min, step }: CapacityRequestPolicyRange): string {
  if (compareQuantities(wanted, min) < 0) return min
  if (step === undefined) return wanted
  const [from, width] = [wholeValue(min), wholeValue(step)]
  return quantityOfWhole(from + Math.ceil((wholeValue(wanted) - from) / width) * width, 'BinarySI')
}

function violatesPolicy(share: string, { requestPolicy }: DeviceCapacity): boolean {
  if (!requestPolicy) return false
  const { default: standard, validRange, validValues = [] } = requestPolicy
  if (standard !== undefined && compareQuantities(share, standard) === 0) return false
  if (validRange) {
    const { min, max, step } = validRange
    if (max !== undefined && compareQuantities(share, max) > 0) return true
    return step !== undefined && (wholeValue(share) - wholeValue(min)) % wholeValue(step) !== 0
  }
  return validValues.length > 0 && !validValues.some((valid) => compareQuantities(share, valid) === 0)
}
