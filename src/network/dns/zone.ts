/**
 * What the cluster's own names mean. Pure: from the Services and EndpointSlices that `Names` finds to records.
 * Source: the Kubernetes DNS specification 1.1.0 (https://github.com/kubernetes/dns/blob/master/docs/specification.md),
 * and for reverse names of endpoints, the answers that CoreDNS gives.
 */
import { isIP } from 'node:net'
import type { Service, ServicePort } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../api/types/discovery/v1.ts'
import { type Answer, addressBytes, type Query, type Reply, types } from './wire.ts'

/** Where Services and their endpoints are looked up; informers with indexes. */
export interface Names {
  service(namespace: string, name: string): Service | undefined
  /** By `addressKey`. */
  servicesWithAddress(key: string): readonly Service[]
  hasNamespace(namespace: string): boolean
  slices(namespace: string, service: string): readonly EndpointSlice[]
  slicesWithAddress(key: string): readonly EndpointSlice[]
}

export interface ZoneOptions {
  /** `cluster.local`, lower case, without a final dot. */
  domain: string
  /** How long clients may keep an answer, in seconds. */
  ttlSeconds: number
}

/** What a name has, of all types, and the addresses that its SRV records point to. `undefined`: no such name. */
type Found = { records: readonly Answer[]; targets?: readonly Answer[] } | undefined

const emptyName: Found = { records: [] }

const specificationVersion = '1.1.0'
const srvWeight = 100

/** @returns undefined when the name is none of ours: it must be asked elsewhere */
export function answerFromZone(query: Query, names: Names, options: ZoneOptions): Reply | undefined {
  const name = query.name.toLowerCase()
  const { domain } = options
  if (name.endsWith('.in-addr.arpa') || name.endsWith('.ip6.arpa')) return reverse(query, name, names, options)
  if (name !== domain && !name.endsWith(`.${domain}`)) return undefined
  const labels = name === domain ? [] : name.slice(0, -domain.length - 1).split('.')
  const found = lookUp(labels, query, names, options)
  if (found === undefined) return denied('NXDOMAIN', options)
  const answers = found.records.filter((record) => isWanted(query.type, record))
  if (answers.length === 0) return denied('NOERROR', options)
  const additional = query.type === types.SRV ? (found.targets ?? []) : []
  return { rcode: 'NOERROR', authoritative: true, answers, additional }
}

/** An alias answers every type. */
function isWanted(type: number, record: Answer): boolean {
  return types[record.type] === type || type === types.ANY || record.type === 'CNAME'
}

/** No such name, or nothing of this type: the zone's SOA says for how long. */
function denied(rcode: 'NXDOMAIN' | 'NOERROR', options: ZoneOptions): Reply {
  return { rcode, authoritative: true, answers: [], authority: [soa(options)] }
}

function soa({ domain, ttlSeconds }: ZoneOptions): Answer {
  return {
    type: 'SOA',
    name: domain,
    ttlSeconds,
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: 1,
    minimumSeconds: ttlSeconds,
  }
}

/** @param labels the name below the domain, in lower case */
function lookUp(labels: readonly string[], query: Query, names: Names, options: ZoneOptions): Found {
  const { name } = query
  const { domain, ttlSeconds } = options
  const kind = labels.at(-1)
  if (kind === undefined)
    return { records: [soa(options), { type: 'NS', name, ttlSeconds, target: `ns.dns.${domain}` }] }
  if (kind === 'dns-version' && labels.length === 1)
    return { records: [{ type: 'TXT', name, ttlSeconds, text: specificationVersion }] }
  const namespace = labels.at(-2)
  if (kind === 'svc') {
    if (namespace === undefined) return emptyName
    const below = labels.slice(0, -2)
    if (below.length === 0) return names.hasNamespace(namespace) ? emptyName : undefined
    return serviceNames(below, namespace, { name, names, options })
  }
  if (kind === 'pod') return namespace === undefined ? emptyName : podName(labels.slice(0, -2), name, options)
  return undefined
}

interface Asked {
  name: string
  names: Names
  options: ZoneOptions
}

/** @param labels below the namespace: `web`, `0 web`, `_http _tcp web`, `_tcp web` */
function serviceNames(labels: readonly string[], namespace: string, asked: Asked): Found {
  const service = asked.names.service(namespace, labels.at(-1)!)
  if (!service) return undefined
  const { name, options } = asked
  if (service.spec?.type === 'ExternalName') {
    if (labels.length > 1 || !service.spec.externalName) return undefined
    const target = service.spec.externalName.replace(/\.$/, '')
    return { records: [{ type: 'CNAME', name, ttlSeconds: options.ttlSeconds, target }] }
  }
  const above = labels.slice(0, -1)
  if (above.length === 0) {
    const { records, targets } = serviceRecords(service, asked, () => true)
    return { records: [...addresses(service, name, asked), ...records], targets }
  }
  if (above.length === 1 && above[0]!.startsWith('_')) return emptyName
  if (above.length === 1) return endpointAddresses(service, above[0]!, asked)
  const [port, protocol] = above
  if (above.length > 2 || !port?.startsWith('_') || !protocol?.startsWith('_')) return undefined
  const matches = (each: ServicePort): boolean =>
    (each.name ?? '') === port.slice(1) && (each.protocol ?? 'TCP').toLowerCase() === protocol.slice(1)
  const found = serviceRecords(service, asked, matches)
  return found.records.length > 0 ? found : undefined
}

function isHeadless({ spec }: Service): boolean {
  return !spec?.clusterIP || spec.clusterIP === 'None'
}

function addresses(service: Service, name: string, { names, options }: Asked): Answer[] {
  const list = isHeadless(service)
    ? endpointsOf(service, names).map(({ address }) => address)
    : (service.spec?.clusterIPs ?? [service.spec!.clusterIP!])
  return [...new Set(list)].map((address) => addressRecord(name, address, options))
}

function addressRecord(name: string, address: string, { ttlSeconds }: ZoneOptions): Answer {
  return { type: address.includes(':') ? 'AAAA' : 'A', name, ttlSeconds, address }
}

/** Records of a name like `web-0.web.default.svc.cluster.local`; only headless Services have them. */
function endpointAddresses(service: Service, endpointName: string, { name, names, options }: Asked): Found {
  if (!isHeadless(service)) return undefined
  const found = endpointsOf(service, names).filter((each) => each.name === endpointName)
  return found.length > 0 ? { records: found.map(({ address }) => addressRecord(name, address, options)) } : undefined
}

/** SRV records of the matching ports that have a name, and the addresses of their targets. */
function serviceRecords(service: Service, asked: Asked, matches: (port: ServicePort) => boolean) {
  const { name, names, options } = asked
  const full = fullName(service, options)
  const ports = (service.spec?.ports ?? []).filter((port) => port.name && matches(port))
  const record = (target: string, port: number): Answer => {
    return { type: 'SRV', name, ttlSeconds: options.ttlSeconds, target, port, priority: 0, weight: srvWeight }
  }
  if (!isHeadless(service)) {
    const records = ports.map((port) => record(full, port.port))
    return { records, targets: addresses(service, full, asked) }
  }
  const endpoints = ports.flatMap((port) =>
    endpointsOf(service, names, port).map((endpoint) => ({ ...endpoint, target: `${endpoint.name}.${full}` })),
  )
  const targets = new Map(endpoints.map((each) => [each.address, addressRecord(each.target, each.address, options)]))
  return { records: endpoints.map(({ target, port }) => record(target, port)), targets: [...targets.values()] }
}

interface Named {
  /** The pod's hostname, or its address with dashes. */
  name: string
  address: string
  port: number
}

/** Ready endpoints, of one port when it is given. Those of a Service that publishes not-ready ones count as ready. */
function endpointsOf(service: Service, names: Names, port?: ServicePort): Named[] {
  const { namespace, name } = service.metadata
  const found: Named[] = []
  for (const slice of names.slices(namespace!, name!)) {
    const target = slice.ports?.find((each) => (each.name ?? '') === (port?.name ?? ''))
    if (port && target?.port === undefined) continue
    for (const endpoint of slice.endpoints ?? [])
      if (endpoint.conditions?.ready !== false)
        for (const address of endpoint.addresses)
          found.push({ name: endpointName(endpoint, address), address, port: target?.port ?? 0 })
  }
  return found
}

function endpointName(endpoint: Endpoint, address: string): string {
  return (endpoint.hostname ?? address.replaceAll(/[.:]/g, '-')).toLowerCase()
}

/** `10-244-0-7.default.pod.cluster.local`: the address stands in the name; whether a pod has it is not looked up. */
function podName(labels: readonly string[], name: string, options: ZoneOptions): Found {
  const [dashed] = labels
  if (dashed === undefined) return emptyName
  if (labels.length > 1) return undefined
  const address = [dashed.replaceAll('-', '.'), dashed.replaceAll('-', ':')].find((each) => isIP(each) !== 0)
  return address === undefined ? undefined : { records: [addressRecord(name, address, options)] }
}

/** Addresses that are none of ours are asked elsewhere. */
function reverse(query: Query, name: string, names: Names, options: ZoneOptions): Reply | undefined {
  const key = keyOfReverse(name)
  if (key === undefined) return undefined
  const targets = names.servicesWithAddress(key).map((service) => fullName(service, options))
  for (const slice of names.slicesWithAddress(key)) {
    const serviceName = slice.metadata.labels?.['kubernetes.io/service-name']
    const service = serviceName && names.service(slice.metadata.namespace!, serviceName)
    if (!service) continue
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses.find((each) => addressKey(each) === key)
      if (address !== undefined && (isHeadless(service) || endpoint.hostname))
        targets.push(`${endpointName(endpoint, address)}.${fullName(service, options)}`)
    }
  }
  if (targets.length === 0) return undefined
  if (query.type !== types.PTR && query.type !== types.ANY) return denied('NOERROR', options)
  const { ttlSeconds } = options
  const answers = [...new Set(targets)].map((target): Answer => ({ type: 'PTR', name: query.name, ttlSeconds, target }))
  return { rcode: 'NOERROR', authoritative: true, answers }
}

/** The same text for every spelling of an address. */
export function addressKey(address: string): string {
  return address.includes(':') ? Buffer.from(addressBytes(address)).toString('hex') : address
}

function keyOfReverse(name: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name)
  if (v4) return v4.slice(1).reverse().join('.')
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)
  return v6 ? v6[1]!.split('.').reverse().join('') : undefined
}

function fullName({ metadata }: Service, { domain }: ZoneOptions): string {
  return `${metadata.name}.${metadata.namespace}.svc.${domain}`
}
