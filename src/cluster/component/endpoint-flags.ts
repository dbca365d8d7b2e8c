/** What the controller manager's flags say of EndpointSlices. */
import type { ControllerOptions } from '../../controllers/index.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'

/** Throws `FlagError`. */
export function endpointOptionsOf(flags: Flags): Pick<ControllerOptions, 'endpointSlice' | 'endpointSliceMirroring'> {
  const endpointsMax = upTo1000(flags, 'max-endpoints-per-slice')
  const addressesMax = upTo1000(flags, 'mirroring-max-endpoints-per-subset')
  return {
    ...(endpointsMax === undefined ? {} : { endpointSlice: { endpointsMax } }),
    ...(addressesMax === undefined ? {} : { endpointSliceMirroring: { addressesMax } }),
  }
}

function upTo1000(flags: Flags, name: string): number | undefined {
  const max = flags.count(name)
  if (max !== undefined && max < 1) throw new FlagError(`${name} must not be less than 1, but got ${max}`)
  if (max !== undefined && max > 1000) throw new FlagError(`${name} must not be more than 1000, but got ${max}`)
  return max
}
