/**
 * IPAddress objects: one for each cluster IP, written and removed in the same commit as its Service, so that several API
 * servers never give one address twice and nothing leaks. Source: KEP-1880 (multiple service CIDRs).
 */
import { apiVersionOf } from '../../api/meta.ts'
import { networkingV1 } from '../../api/resources.ts'
import type { Service } from '../../api/types/core/v1.ts'
import type { IPAddress } from '../../api/types/networking/v1.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Write } from '../../store/store.ts'
import { serverManager, trackUpdate } from '../registry/field-ownership.ts'
import { toBytes } from '../registry/persistence.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { objectKey, type Served } from '../scheme/served.ts'

export const managedBy = 'ipaddress.kubernetes.io/managed-by'
export const allocatorName = 'ipallocator.k8s.io'
const familyLabel = 'ipaddress.kubernetes.io/ip-family'

export interface AddressParts {
  scheme: Scheme
  clock: Clock
  random: Random
}

type Owner = Pick<Service, 'metadata'>

export class AddressObjects {
  readonly #parts: AddressParts

  constructor(parts: AddressParts) {
    this.#parts = parts
  }

  /** Fails when the address is somebody's already. Empty when IPAddresses are not served. */
  taking(addresses: readonly string[], owner: Owner): Write[] {
    const served = this.#served()
    if (!served) return []
    return addresses.map((address) => ({
      op: 'put',
      key: objectKey(served, '', address),
      value: toBytes(served, this.#object(served, address, owner)),
      expected: 0,
    }))
  }

  releasing(addresses: readonly string[]): Write[] {
    const served = this.#served()
    return served ? addresses.map((address) => ({ op: 'delete', key: objectKey(served, '', address) })) : []
  }

  #served(): Served | undefined {
    const { group, version, plural } = networkingV1.ipAddresses
    return this.#parts.scheme.find(group, version, plural)
  }

  #object(served: Served, address: string, owner: Owner): IPAddress {
    const { clock, random } = this.#parts
    const uid = random.uuid()
    const object = addressObject(address, owner)
    const metadata = { ...object.metadata, uid, creationTimestamp: rfc3339(clock.nowMs()) }
    const target = { served, namespace: '', name: address, subresource: '' }
    return trackUpdate(this.#parts, target, undefined, { ...object, metadata }, serverManager) as IPAddress
  }
}

/** Pure. As the allocator makes them. */
export function addressObject(address: string, { metadata: { namespace, name } }: Owner): IPAddress {
  const { ipAddresses } = networkingV1
  const labels = { [familyLabel]: address.includes(':') ? 'IPv6' : 'IPv4', [managedBy]: allocatorName }
  return {
    kind: ipAddresses.kind,
    apiVersion: apiVersionOf(ipAddresses),
    metadata: { name: address, labels },
    spec: { parentRef: { resource: 'services', namespace: namespace ?? '', name: name ?? '' } },
  }
}

/** The Service that an address is of, as `namespace/name`; undefined when it is something else's. */
export function serviceOf({ spec }: IPAddress): string | undefined {
  const { group = '', resource, namespace, name } = spec?.parentRef ?? {}
  return group === '' && resource === 'services' ? `${namespace}/${name}` : undefined
}
