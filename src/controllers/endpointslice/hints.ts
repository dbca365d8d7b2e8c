/**
 * Where the endpoints of a Service are best used: hints by which service proxies keep traffic near. `spec.trafficDistribution`
 * says it of each endpoint by itself; the annotation for topology mode shares endpoints out among zones by their CPUs.
 * https://kubernetes.io/docs/concepts/services-networking/topology-aware-routing/
 */
import { milliValue } from '../../api/quantity.ts'
import type { Node, Service } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointHints, EndpointSlice } from '../../api/types/discovery/v1.ts'
import { sameJson } from '../same-json.ts'
import type { SlicePlan } from './plan.ts'

/** A zone may have this share of traffic too much for its endpoints. Source: KEP-2433. */
const overloadShare = 0.2

/** Share of the cluster's CPUs by zone; undefined where nodes say too little. */
export type ZoneShares = ReadonlyMap<string, number>

/** Ready endpoints hinted at each zone. */
export type HintCounts = ReadonlyMap<string, number>

/** The message for an event when hints can't be given, or the counts. */
export type Hinting = { counts: HintCounts } | { disabled: string }

export function topologyMode({ metadata: { annotations = {} } }: Service): boolean {
  const mode =
    annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode']
  return mode === 'Auto' || mode === 'auto'
}

/** The hints that traffic distribution gives to a ready endpoint. */
export function distributionHints(service: Service, { zone, nodeName }: Endpoint): EndpointHints | undefined {
  const distribution = service.spec?.trafficDistribution
  if (!distribution || !distributions.has(distribution) || topologyMode(service)) return undefined
  const forNodes = distribution === 'PreferSameNode' && nodeName ? { forNodes: [{ name: nodeName }] } : {}
  if (zone) return { forZones: [{ name: zone }], ...forNodes }
  return nodeName && 'forNodes' in forNodes ? forNodes : undefined
}

const distributions: ReadonlySet<string> = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode'])

export function zoneShares(nodes: Iterable<Node>): ZoneShares | undefined {
  const cpuByZone = new Map<string, number>()
  let total = 0
  for (const { metadata, status } of nodes) {
    const labels = metadata.labels ?? {}
    if (excludedLabels.some((label) => labels[label] !== undefined)) continue
    if (status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') continue
    const zone = labels['topology.kubernetes.io/zone']
    const cpus = milliValue(status.allocatable?.cpu ?? '0')
    if (!zone || cpus === 0) return undefined
    cpuByZone.set(zone, (cpuByZone.get(zone) ?? 0) + cpus)
    total += cpus
  }
  if (cpuByZone.size < 2) return undefined
  return new Map([...cpuByZone].sort(byName).map(([zone, cpus]) => [zone, cpus / total]))
}

const excludedLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

/** Whether a zone has got too few endpoints by now, so that hints have to be given anew. */
export function overloaded(counts: HintCounts, shares: ZoneShares | undefined): boolean {
  if (counts.size === 0) return false
  if (!shares) return true
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [...shares].some(([zone, share]) => (counts.get(zone) ?? -1) < minimumOf(total * share))
}

/** Puts topology hints into the slices of one family that are written anyway, and into others only where it must. */
export function hintByZones(plan: SlicePlan, shares: ZoneShares | undefined): Hinting {
  const ready = allSlices(plan).flatMap(({ endpoints }) => (endpoints ?? []).filter(isReady))
  const allocations = allocate(shares, ready.length)
  const fault = 'disabled' in allocations ? allocations : undefined
  const counts = new Map<string, number>()
  if (!fault) keepHints(plan, allocations as Allocations, counts)
  const written = [...plan.create, ...plan.update].flatMap(({ endpoints }) => (endpoints ?? []).filter(isReady))
  const homeless = !fault && written.some(({ zone }) => !zone)
  if (fault || homeless) {
    dropHints(plan)
    return fault ?? { disabled: 'One or more endpoints do not have a zone specified' }
  }
  for (const endpoint of written) hintAt(endpoint, endpoint.zone ?? '', counts)
  redistribute(written, allocations as Allocations, counts)
  if (counts.size > 0) return { counts }
  dropHints(plan)
  return { disabled: 'No hints allocated for zones' }
}

function dropHints(plan: SlicePlan): void {
  rewrite(plan, ({ endpoints }) => (endpoints ?? []).some(({ hints }) => hints !== undefined))
  for (const slice of [...plan.create, ...plan.update]) {
    for (const endpoint of slice.endpoints ?? []) delete endpoint.hints
  }
}

interface Allocation {
  maximum: number
  desired: number
}
type Allocations = ReadonlyMap<string, Allocation>

function allocate(shares: ZoneShares | undefined, endpoints: number): Allocations | { disabled: string } {
  if (!shares) {
    return {
      disabled: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    }
  }
  const counted = `(${endpoints} endpoints, ${shares.size} zones)`
  if (shares.size > endpoints) return { disabled: `Insufficient number of endpoints ${counted}` }
  const minima = [...shares].map(([zone, share]) => ({ zone, desired: share * endpoints }))
  const slack = endpoints - minima.reduce((sum, { desired }) => sum + minimumOf(desired), 0)
  if (slack < 0) {
    const rule = 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold'
    return { disabled: `${rule} ${counted}` }
  }
  return new Map(
    minima.map(({ zone, desired }) => {
      const minimum = minimumOf(desired)
      return [zone, { maximum: minimum + slack, desired: Math.max(desired, minimum) }]
    }),
  )
}

function minimumOf(desired: number): number {
  return Math.ceil(desired * (1 / (1 + overloadShare)))
}

/** Counts what unchanged slices hint at, and moves those to the written ones whose hints will not do. */
function keepHints(plan: SlicePlan, allocations: Allocations, counts: Map<string, number>): void {
  rewrite(plan, (slice) => {
    const own = new Map<string, number>()
    for (const endpoint of (slice.endpoints ?? []).filter(isReady)) {
      const zones = endpoint.hints?.forZones ?? []
      if (zones.length === 0) return true
      for (const { name } of zones) own.set(name, (own.get(name) ?? 0) + 1)
    }
    const tooMany = [...own].some(
      ([zone, count]) => count + (counts.get(zone) ?? 0) > (allocations.get(zone)?.maximum ?? 0),
    )
    if (tooMany) return true
    for (const [zone, count] of own) counts.set(zone, count + (counts.get(zone) ?? 0))
    return false
  })
}

/** Lets endpoints of zones that have more than their share serve zones that have less. */
function redistribute(endpoints: readonly Endpoint[], allocations: Allocations, counts: Map<string, number>): void {
  const { giving, receiving } = exchange(allocations, counts)
  for (const endpoint of endpoints) {
    const from = endpoint.zone ?? ''
    const [to] = receiving.keys()
    if (to === undefined || !giving.has(from)) continue
    takeOne(giving, from)
    takeOne(receiving, to)
    counts.set(from, (counts.get(from) ?? 0) - 1)
    hintAt(endpoint, to, counts)
  }
}

/** Whole endpoints that zones give and get: always from the one with most too many to the one with most too few. */
function exchange(allocations: Allocations, counts: HintCounts) {
  const surplus = new Map([...allocations].map(([zone, { desired }]) => [zone, (counts.get(zone) ?? 0) - desired]))
  const giving = new Map<string, number>()
  const receiving = new Map<string, number>()
  for (;;) {
    const [from, over] = most(surplus, 1)
    const [to, under] = most(surplus, -1)
    if (over < 0.5 || under < 0.5 || (over < 1 && under < 1)) return { giving, receiving }
    giving.set(from, (giving.get(from) ?? 0) + 1)
    receiving.set(to, (receiving.get(to) ?? 0) + 1)
    surplus.set(from, over - 1)
    surplus.set(to, 1 - under)
  }
}

function most(surplus: ReadonlyMap<string, number>, sign: 1 | -1): [zone: string, amount: number] {
  let found: [string, number] = ['', 0]
  for (const [zone, amount] of surplus) if (amount * sign > found[1]) found = [zone, amount * sign]
  return found
}

function takeOne(zones: Map<string, number>, zone: string): void {
  const left = (zones.get(zone) ?? 0) - 1
  if (left > 0) zones.set(zone, left)
  else zones.delete(zone)
}

function hintAt(endpoint: Endpoint, zone: string, counts: Map<string, number>): void {
  endpoint.hints = { forZones: [{ name: zone }] }
  counts.set(zone, (counts.get(zone) ?? 0) + 1)
}

/** Moves copies of unchanged slices to the updated ones. */
function rewrite(plan: SlicePlan, mustChange: (slice: EndpointSlice) => boolean): void {
  const changing = new Set(plan.unchanged.filter(mustChange))
  if (changing.size === 0) return
  plan.unchanged = plan.unchanged.filter((slice) => !changing.has(slice))
  for (const slice of changing) {
    plan.update.push({ ...slice, endpoints: (slice.endpoints ?? []).map((endpoint) => ({ ...endpoint })) })
  }
}

/** Leaves out updates that came out as the slice is already. */
export function withoutEmptyUpdates(plan: SlicePlan, present: readonly EndpointSlice[]): SlicePlan {
  const before = new Map(present.map((slice) => [slice.metadata.name, slice]))
  const content = ({ metadata, endpoints }: EndpointSlice) => [metadata.labels ?? {}, endpoints ?? []]
  const isChange = (slice: EndpointSlice) => {
    const known = before.get(slice.metadata.name)
    return !known || !sameJson(content(known), content(slice))
  }
  return { ...plan, update: plan.update.filter(isChange) }
}

function allSlices({ create, update, unchanged }: SlicePlan): EndpointSlice[] {
  return [...create, ...update, ...unchanged]
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready === true
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1
}
