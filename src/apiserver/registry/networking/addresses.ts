/** Service ranges and the addresses taken from them. Source: KEP-1880 (multiple service CIDRs). */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain, isPathSegmentName } from '../../../api/names.ts'
import { networkingV1 } from '../../../api/resources.ts'
import type { IPAddress, ServiceCIDR } from '../../../api/types/networking/v1.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { cidrFamily, isCanonicalCidr, isCanonicalIp } from '../validation/addresses.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, invalidEach, messages, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'

export const ipAddresses: Strategy<IPAddress> = {
  resource: networkingV1.ipAddresses,
  metadataOnUpdate: ['whole', 'changes'],
  validateName: (name) => isCanonicalIp(name),
  validateCreate: validateAddress,
  validateUpdate(address, old) {
    const errors = validateAddress(address)
    if (semanticEqual(address.spec?.parentRef, old.spec?.parentRef)) return errors
    return [
      ...errors,
      invalid('spec.parentRef', goStruct('ParentReference', address.spec?.parentRef), messages.immutable),
    ]
  },
}

function validateAddress({ spec }: IPAddress): FieldError[] {
  const parent = spec?.parentRef
  if (!parent) return [required('spec.parentRef')]
  const { group = '', namespace = '' } = parent
  const errors = group === '' ? [] : invalidEach('spec.parentRef.group', group, isDns1123Subdomain(group))
  for (const field of ['resource', 'name'] as const) {
    const value = parent[field] ?? ''
    if (value === '') errors.push(required(`spec.parentRef.${field}`))
    else errors.push(...invalidEach(`spec.parentRef.${field}`, value, isPathSegmentName(value)))
  }
  if (namespace === '') return errors
  return [...errors, ...invalidEach('spec.parentRef.namespace', namespace, isPathSegmentName(namespace))]
}

export const serviceCidrs: Strategy<ServiceCIDR> = {
  resource: networkingV1.serviceCIDRs,
  prepareForCreate(cidr) {
    cidr.status = {}
  },
  prepareForUpdate(cidr, old) {
    cidr.status = old.status ?? {}
  },
  validateCreate: validateRanges,
  validateUpdate(cidr, old) {
    const [held, wanted] = [old.spec?.cidrs ?? [], cidr.spec?.cidrs ?? []]
    // A second family may be added; what is there stays.
    if (held.length > wanted.length) return [invalid('spec.cidrs', cidr.spec?.cidrs ?? null, messages.immutable)]
    const errors = held.flatMap((range, index) =>
      range === wanted[index] ? [] : [invalid(`spec.cidrs[${index}]`, wanted[index], messages.immutable)],
    )
    return wanted.length > held.length ? [...errors, ...validateRanges(cidr)] : errors
  },
  status: { prepareForUpdate: keepSpec },
}

function validateRanges({ spec }: ServiceCIDR): FieldError[] {
  const ranges = spec?.cidrs ?? []
  if (ranges.length === 0) return [required('spec.cidrs', 'at least one CIDR required')]
  if (ranges.length > 2) return [invalid('spec', spec, `may only hold up to 2 values`)]
  const errors = ranges.flatMap((range, index) => invalidEach(`spec.cidrs[${index}]`, range, isCanonicalCidr(range)))
  if (errors.length > 0 || ranges.length < 2 || new Set(ranges.map(cidrFamily)).size === 2) return errors
  return [
    invalid(
      'spec.cidrs',
      ranges,
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ),
  ]
}
