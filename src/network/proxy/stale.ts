/**
 * What the kernel remembers and must forget when endpoints change. Pure.
 *
 * TCP clients notice a vanished endpoint and reconnect. UDP flows live on in connection tracking as long as packets
 * come, and would be sent to a dead address for ever; likewise flows that passed untranslated before a Service had its
 * first endpoint. And a client must not be kept on an endpoint that is gone by session affinity.
 */
import { isEndpointMap, type MapName } from './element.ts'
import type { Difference } from './state.ts'

/** The part of `ProxyState` that is asked here. */
export interface Wanted {
  value(map: MapName, key: string): string | undefined
}

/** A tracked UDP flow: what the client asked for and who answers. */
export interface Flow {
  client: string
  clientPort: string
  address: string
  port: string
  /** `address . port` */
  endpoint: string
}

/** One remembered choice: client, address it asked for, protocol, port → endpoint. */
export interface Affinity {
  key: string
  /** `address . protocol . port` */
  front: string
  /** `address . port` */
  endpoint: string
}

/** UDP fronts whose flows must be looked through: their endpoints changed, or they are new. Usually none. */
export function changedUdpFronts(differences: readonly Difference[]): Set<string> {
  const fronts = new Set<string>()
  for (const { map, key } of differences) {
    const isFront = isEndpointMap(map) || map === 'services' || map === 'port-services'
    if (isFront && /(^| )udp /.test(key)) fronts.add(key)
  }
  return fronts
}

/** Flows to those fronts that are answered by none of their present endpoints. */
export function staleFlows(flows: readonly Flow[], fronts: ReadonlySet<string>, state: Wanted): Flow[] {
  return flows.filter(({ address, port, endpoint }) => {
    const front = frontIn(fronts, `${address} . udp . ${port}`)
    return front !== undefined && !isEndpointOf(front, endpoint, state)
  })
}

/**
 * Fronts whose remembered choices must be looked through: they have session affinity and lost an endpoint, or had it
 * and lost it. Empty for nearly every change, and then the kernel's table is not read.
 */
export function frontsWithStaleAffinity(differences: readonly Difference[], state: Wanted): Set<string> {
  const fronts = new Set<string>()
  for (const { map, key, before } of differences) {
    if (before === undefined) continue
    if ((map === 'sticky' || map === 'port-sticky') && state.value(map, key) === undefined) fronts.add(key)
    if (isEndpointMap(map) && state.value(`${prefixOf(key)}sticky`, key) !== undefined) fronts.add(key)
  }
  return fronts
}

/** Of those fronts, the remembered choices that no longer name an endpoint. */
export function staleAffinities(
  remembered: readonly Affinity[],
  fronts: ReadonlySet<string>,
  state: Wanted,
): Affinity[] {
  return remembered.filter(({ front, endpoint }) => {
    const known = frontIn(fronts, front)
    if (known === undefined) return false
    return state.value(`${prefixOf(known)}sticky`, known) === undefined || !isEndpointOf(known, endpoint, state)
  })
}

/** The front itself (`address . protocol . port`) or the node port with its last two parts. */
function frontIn(fronts: ReadonlySet<string>, front: string): string | undefined {
  if (fronts.has(front)) return front
  const port = front.slice(front.indexOf(' . ') + 3)
  return fronts.has(port) ? port : undefined
}

function isEndpointOf(front: string, endpoint: string, state: Wanted): boolean {
  for (const list of ['endpoints', 'local-endpoints'] as const)
    for (let index = 0; ; index++) {
      const value = state.value(`${prefixOf(front)}${list}-${index}`, front)
      if (value === endpoint) return true
      if (value === undefined) break
    }
  return false
}

function prefixOf(front: string): 'port-' | '' {
  return front.split(' . ').length === 2 ? 'port-' : ''
}

/** Reads the lines of `conntrack -L -p udp`; other lines are skipped. */
export function parseFlows(text: string): Flow[] {
  const pattern = /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+)/
  const flows: Flow[] = []
  for (const line of text.split('\n')) {
    const [, client, address, clientPort, port, endpoint, endpointPort] = pattern.exec(line) ?? []
    if (client && address && clientPort && port)
      flows.push({ client, clientPort, address, port, endpoint: `${endpoint} . ${endpointPort}` })
  }
  return flows
}

interface Concat {
  concat: (string | number)[]
}

/** Reads the answer of `nft -j list map ip <table> affinity`. Throws on another shape. */
export function parseAffinities(json: string): Affinity[] {
  const { nftables } = JSON.parse(json) as { nftables: { map?: { elem?: unknown[] } }[] }
  const elements = nftables.find((each) => each.map)?.map?.elem ?? []
  return elements.map((element) => {
    const [left, right] = element as [{ elem?: { val?: Concat } } & Concat, Concat]
    const [client, address, protocol, port] = (left.elem?.val ?? left).concat
    const [endpointAddress, endpointPort] = right.concat
    return {
      key: `${client} . ${address} . ${protocol} . ${port}`,
      front: `${address} . ${protocol} . ${port}`,
      endpoint: `${endpointAddress} . ${endpointPort}`,
    }
  })
}
