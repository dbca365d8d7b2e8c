/**
 * Devices that a node can use, pool by pool, in the order in which they are tried. Source:
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#structured-parameters
 */
import { newestSlices, poolOf } from '../../api/devices.ts'
import { matchesNodeSelector } from '../../api/node-selection.ts'
import type { Node, NodeSelector } from '../../api/types/core/v1.ts'
import type { Counter, Device, ResourceSlice } from '../../api/types/resource/v1.ts'

export interface PoolDevice {
  /** Names it in the cluster. */
  key: string
  driver: string
  poolName: string
  device: Device
  slice: ResourceSlice
  pool: Pool
}

export interface Pool {
  /** As messages have it: `driver/pool`. */
  name: string
  /** `incomplete`: its driver is still publishing it; `invalid`: what it published contradicts itself. */
  state: 'complete' | 'incomplete' | 'invalid'
  /** Those that the node can use. */
  devices: readonly PoolDevice[]
  /** All of the pool: they draw on the same counters. */
  everywhere: readonly PoolDevice[]
  counterSets: ReadonlyMap<string, Readonly<Record<string, Counter>>>
}

export function deviceKey(driver: string, pool: string, device: string): string {
  return `${driver}/${pool}/${device}`
}

/** All slices, by `poolKey`. */
export function slicesByPool(slices: readonly ResourceSlice[]): ReadonlyMap<string, ResourceSlice[]> {
  return Map.groupBy(slices, poolOf)
}

/** Pools with something for the node. Such whose devices must be made ready first come last. */
export function poolsFor(node: Node, byPool: ReadonlyMap<string, readonly ResourceSlice[]>): Pool[] {
  const pools = [...byPool.values()].flatMap((slices) => poolFor(node, newestSlices(slices)) ?? [])
  const waits = ({ devices }: Pool) => Number(devices.some(({ device }) => device.bindingConditions))
  return pools.sort((one, other) => waits(one) - waits(other) || (one.name < other.name ? -1 : 1))
}

function poolFor(node: Node, slices: readonly ResourceSlice[]): Pool | undefined {
  const sorted = [...slices].sort((one, other) => ((one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1))
  const [first] = sorted
  if (!first) return undefined
  const { driver, pool: source } = first.spec
  const counterSets = new Map(
    sorted.flatMap(({ spec }) => (spec.sharedCounters ?? []).map((set) => [set.name, set.counters])),
  )
  const pool: Pool = {
    name: `${driver}/${source.name}`,
    state: sorted.length === source.resourceSliceCount ? 'complete' : 'incomplete',
    devices: [],
    everywhere: [],
    counterSets,
  }
  pool.everywhere = sorted.flatMap((slice) =>
    (slice.spec.devices ?? []).map((device) => {
      const key = deviceKey(driver, source.name, device.name)
      return { key, driver, poolName: source.name, device, slice, pool }
    }),
  )
  pool.devices = pool.everywhere.filter((one) => isFor(node, one))
  if (pool.devices.length === 0) return undefined
  if (pool.state === 'complete' && contradictsItself(pool)) pool.state = 'invalid'
  return pool
}

function isFor(node: Node, { slice: { spec }, device }: PoolDevice): boolean {
  return reaches(node, spec.perDeviceNodeSelection ? device : spec)
}

interface Placement {
  nodeName?: string
  allNodes?: boolean
  nodeSelector?: NodeSelector
}

function reaches(node: Node, { nodeName, allNodes, nodeSelector }: Placement): boolean {
  if (nodeName) return node.metadata.name === nodeName
  return allNodes === true || (nodeSelector !== undefined && matchesNodeSelector(nodeSelector, node))
}

/** Two devices of one name, or counters that nobody publishes. */
function contradictsItself({ everywhere, counterSets }: Pool): boolean {
  if (new Set(everywhere.map(({ key }) => key)).size < everywhere.length) return true
  return everywhere.some(({ device }) =>
    (device.consumesCounters ?? []).some(({ counterSet, counters }) => {
      const set = counterSets.get(counterSet)
      return !set || Object.keys(counters).some((name) => !Object.hasOwn(set, name))
    }),
  )
}
