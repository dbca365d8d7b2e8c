/**
 * What the two makers of EndpointSlices tell of their work, each under its own prefix.
 * Source: the metrics of kube-controller-manager's endpoint slice controllers.
 */
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import type { Meters } from '../../client/meters.ts'
import { canonical } from '../template-hash.ts'
import { endpointKey, endpointsPerSliceMax, type SlicePlan, serviceNameLabel } from './plan.ts'

export type SlicePrefix = 'endpoint_slice_controller' | 'endpoint_slice_mirroring_controller'

/** `present`: the slices that the plan was made for. */
export function countSlices(
  meters: Meters | undefined,
  prefix: SlicePrefix,
  plan: SlicePlan,
  present: readonly EndpointSlice[],
): void {
  if (!meters) return
  for (const operation of ['create', 'update', 'delete'] as const) {
    const by = plan[operation].length
    if (by > 0) meters.count(`${prefix}_changes`, [operation], by)
  }
  const before = keysOf(present)
  const now = keysOf([...plan.create, ...plan.update, ...plan.unchanged])
  meters.observe(`${prefix}_endpoints_added_per_sync`, [], without(now, before))
  meters.observe(`${prefix}_endpoints_removed_per_sync`, [], without(before, now))
}

/** Read from what the cache shows. */
export function sliceGauges(
  meters: Meters | undefined,
  prefix: SlicePrefix,
  slices: () => readonly EndpointSlice[],
  endpointsMax = endpointsPerSliceMax,
): void {
  meters?.gauge(`${prefix}_num_endpoint_slices`, () => [[[], slices().length]])
  meters?.gauge(`${prefix}_endpoints_desired`, () => [
    [[], sum(slices().map(({ endpoints }) => endpoints?.length ?? 0))],
  ])
  meters?.gauge(`${prefix}_desired_endpoint_slices`, () => {
    const groups = new Map<string, number>()
    for (const { metadata, addressType, ports, endpoints } of slices()) {
      const key = canonical([metadata.namespace, metadata.labels?.[serviceNameLabel], addressType, ports])
      groups.set(key, (groups.get(key) ?? 0) + (endpoints?.length ?? 0))
    }
    return [[[], sum([...groups.values()].map((count) => Math.max(1, Math.ceil(count / endpointsMax))))]]
  })
}

function keysOf(slices: readonly EndpointSlice[]): Set<string> {
  return new Set(slices.flatMap(({ endpoints }) => (endpoints ?? []).map(endpointKey)))
}

function without(these: ReadonlySet<string>, those: ReadonlySet<string>): number {
  return these.difference(those).size
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
