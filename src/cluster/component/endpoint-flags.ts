/** What the controller manager's flags say of EndpointSlices. */
import type { ControllerOptions } from '../../controllers/index.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'

/** Throws `FlagError`. */
export function endpointOptionsOf(flags: Flags): Pick<ControllerOptions, 'endpointSlice' | 'endpointSliceMirroring'> {
  return {
    endpointSlice: { endpointsMax: upTo1000(flags, 'max-endpoints-per-slice') },
    endpointSliceMirroring: { addressesMax: upTo1000(flags, 'mirroring-max-endpoints-per-subset') },
  }
}

function upTo1000(flags: Flags, name: string): number {
  const max = flags.count(name) ?? 0
  if (max < 1) throw new FlagError(`${name} must not be less than 1, but got ${max}`)
  if (max > 1000) throw new FlagError(`${name} must not be more than 1000, but got ${max}`)
  return max
}
