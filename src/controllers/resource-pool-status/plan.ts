/**
 * The answer to a ResourcePoolStatusRequest: how many devices each pool of a driver has, and how many of them are given.
 * Source: KEP-5677 and kube-controller-manager's controller of these requests.
 */
import type { ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts'
import type {
  PoolStatus,
  ResourcePoolStatusRequest,
  ResourcePoolStatusRequestStatus,
} from '../../api/types/resource/v1alpha3.ts'

const poolsMax = 100
/** An answered request stays for an hour, one without an answer for a day. */
const answeredMs = 3_600_000
const openMs = 86_400_000

/** Undefined while a pool is not published whole. */
export function planStatus(
  { spec }: ResourcePoolStatusRequest,
  slices: readonly ResourceSlice[],
  claims: readonly ResourceClaim[],
  nowText: string,
): ResourcePoolStatusRequestStatus | undefined {
  const asked = slices.filter(
    (slice) => slice.spec.driver === spec.driver && (!spec.poolName || slice.spec.pool.name === spec.poolName),
  )
  const results = claims.flatMap(({ status }) => status?.allocation?.devices?.results ?? [])
  const given = results.filter(({ driver }) => driver === spec.driver)
  const pools: PoolStatus[] = []
  for (const [poolName, all] of Map.groupBy(asked, (slice) => slice.spec.pool.name)) {
    const pool = poolOf(all, given.filter((one) => one.pool === poolName).length)
    if (!pool) return undefined
    pools.push(pool)
  }
  pools.sort((one, other) => (one.poolName < other.poolName ? -1 : 1))
  const shown = pools.slice(0, spec.limit ?? poolsMax)
  return {
    poolCount: pools.length,
    ...(shown.length > 0 ? { pools: shown } : {}),
    conditions: [
      {
        type: 'Complete',
        status: 'True',
        reason: 'CalculationComplete',
        message: `Calculated status for ${shown.length} pools`,
        lastTransitionTime: nowText,
      },
    ],
  }
}

/** Slices of an older generation no longer count. */
function poolOf(all: readonly ResourceSlice[], allocatedDevices: number): PoolStatus | undefined {
  const generation = Math.max(...all.map(({ spec }) => spec.pool.generation))
  const slices = all.filter(({ spec }) => spec.pool.generation === generation)
  const [first] = slices
  if (!first || slices.length < first.spec.pool.resourceSliceCount) return undefined
  const totalDevices = slices.reduce((sum, { spec }) => sum + (spec.devices?.length ?? 0), 0)
  const [nodeName, ...others] = new Set(slices.map(({ spec }) => spec.nodeName))
  return {
    driver: first.spec.driver,
    poolName: first.spec.pool.name,
    generation,
    ...(nodeName && others.length === 0 ? { nodeName } : {}),
    resourceSliceCount: slices.length,
    totalDevices,
    allocatedDevices,
    availableDevices: Math.max(0, totalDevices - allocatedDevices),
    unavailableDevices: 0,
  }
}

/** Epoch time from which the request is cleared away. */
export function expiryMs({ metadata, status }: ResourcePoolStatusRequest): number {
  const createdMs = Date.parse(metadata.creationTimestamp ?? '')
  if (!status) return createdMs + openMs
  const answer = status.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')
  return (answer ? Date.parse(answer.lastTransitionTime) : createdMs) + answeredMs
}
