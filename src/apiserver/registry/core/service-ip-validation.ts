/** Rules for the addresses and address families of services. Source: KEP-563 (dual stack) and the recorded messages. */
import type { FieldError } from '../../../api/errors.ts'
import type { ServiceSpec } from '../../../api/types/core/v1.ts'
import { ipFamily, isIp } from '../validation/addresses.ts'
import { duplicate, invalid, invalidEach, notSupported, optionalOneOf, required } from '../validation/field.ts'
import { isHeadless } from './service-allocation.ts'

const families = ['IPv4', 'IPv6']
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const onePerFamily = 'may specify no more than one IP for each IP family'

export function validateClusterIps(spec: ServiceSpec, held?: readonly string[]): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec
  const errors: FieldError[] = []
  if (clusterIP !== '' && clusterIPs.length === 0) errors.push(required('spec.clusterIPs'))
  else if (clusterIP !== '' && clusterIPs[0] !== clusterIP) {
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'))
  } else if (clusterIP === '' && clusterIPs.length > 0) {
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'))
  }
  for (const [index, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${index}]`, family, families))
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(`spec.ipFamilies[${index}]`, family))
  }
  errors.push(...optionalOneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, policies))
  const broken = validateAddresses(clusterIPs, new Set(held))
  errors.push(...broken)
  if (clusterIPs.length > 2) errors.push(invalid('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'))
  if (broken.length > 0) return errors
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamily)).size < 2) {
    errors.push(invalid('spec.clusterIPs', clusterIPs, onePerFamily))
  }
  return [...errors, ...familiesMatch(spec)]
}

function validateAddresses(addresses: readonly string[], held: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, address] of addresses.entries()) {
    if (index === 0 && address === 'None') {
      if (addresses.length > 1)
        errors.push(invalid('spec.clusterIPs', addresses, "'None' must be the first and only value"))
    } else errors.push(...invalidEach(`spec.clusterIPs[${index}]`, address, isIp(address, held)))
  }
  return errors
}

function familiesMatch(spec: ServiceSpec): FieldError[] {
  if (isHeadless(spec)) return []
  const errors: FieldError[] = []
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    const family = spec.ipFamilies?.[index]
    if (!family || !families.includes(family) || ipFamily(address) === family) continue
    const why = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``
    errors.push(invalid(`spec.clusterIPs[${index}]`, address, why))
  }
  return errors
}

/** A second address or family may come and go; the first stays unless the service turns from or to ExternalName. */
export function validateAddressChange(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return []
  return [...clusterIpChange(spec, before), ...familyChange(spec, before)]
}

function clusterIpChange(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isHeadless(spec) && isHeadless(before)) return []
  const held = before.clusterIPs ?? []
  const wanted = spec.clusterIPs ?? []
  const changed = (index: number) => invalid(`spec.clusterIPs[${index}]`, wanted, 'may not change once set')
  if (held.length === wanted.length) {
    return held.flatMap((address, index) => (address === wanted[index] ? [] : [changed(index)]))
  }
  const errors: FieldError[] = []
  if (held.length > wanted.length && wanted.length === 0) {
    errors.push(invalid('spec.clusterIPs[0]', wanted, 'primary clusterIP can not be unset'))
  }
  if (held.length > 0 && wanted.length > 0 && held[0] !== wanted[0]) errors.push(changed(0))
  if (held.length > wanted.length && wanted.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const why = "must be set to 'SingleStack' when releasing the secondary clusterIP"
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy ?? null, why))
  }
  return errors
}

function familyChange(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isHeadless(spec) || isHeadless(before)) return []
  const held = before.ipFamilies ?? []
  const wanted = spec.ipFamilies ?? []
  const path = 'spec.ipFamilies[0]'
  if (held.length === wanted.length) {
    return held.flatMap((family, index) =>
      family === wanted[index] ? [] : [invalid(path, wanted, 'may not change once set')],
    )
  }
  const errors: FieldError[] = []
  if (held.length > 0 && wanted.length > 0 && held[0] !== wanted[0]) {
    errors.push(invalid(path, spec.clusterIPs ?? [], 'may not change once set'))
  }
  if (held.length > wanted.length && wanted.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const why = "must be set to 'SingleStack' when releasing the secondary ipFamily"
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy ?? null, why))
  }
  return errors
}
