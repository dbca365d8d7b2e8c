/**
 * The unit of the service proxy's state: one entry of one nftables map or set. Plans produce elements, the state keeps
 * them per Service, and a flush sends the difference.
 */

export type Family = 'IPv4' | 'IPv6'

/**
 * Maps of endpoints, one for each place in a list: `endpoints-0` holds every front's first endpoint. `local-` ones hold
 * those of this node alone, for `externalTrafficPolicy: Local`. Made when first needed.
 */
export type EndpointMap = `${'' | 'port-'}${'' | 'local-'}endpoints-${number}`

/** The maps and sets that are always there; `ruleset.ts` declares and reads them. `port-` keys have no address. */
export type FixedMap =
  /** address . protocol . port → verdict: where a Service's address begins. */
  | 'services'
  /** Verdict for clients inside the cluster, where outside clients get only local endpoints. */
  | 'inside-verdicts'
  /** Verdict for clients outside, of the same addresses. */
  | 'outside-verdicts'
  | 'port-services'
  | 'port-inside-verdicts'
  | 'port-outside-verdicts'
  /** Services that can't be served now → reject or drop. */
  | 'unserved'
  | 'port-unserved'
  /** Services with session affinity → the chain that remembers for so many seconds. */
  | 'sticky'
  | 'port-sticky'
  /** Every cluster IP in use. */
  | 'cluster-ips'
  /** address . address of endpoints on this node: a pod that reaches itself through a Service. */
  | 'hairpin'
  /** protocol . port → endpoint, and with an address: pods' `hostPort`. */
  | 'host-ports'
  | 'host-address-ports'

export type MapName = FixedMap | EndpointMap

export interface Element {
  map: MapName
  /** As nft writes it: `10.96.0.10 . udp . 53`. */
  key: string
  /** `goto …`, `drop`, or `address . port`; empty in sets. */
  value: string
}

export type Protocol = 'tcp' | 'udp' | 'sctp'

/** The protocol of a Service or container port; undefined for one we can't route. */
export function protocolOf(name: string | undefined): Protocol | undefined {
  const protocol = (name ?? 'TCP').toLowerCase()
  return protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp' ? protocol : undefined
}

export function isEndpointMap(map: MapName): map is EndpointMap {
  return /endpoints-\d+$/.test(map)
}
