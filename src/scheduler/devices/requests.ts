/** What claims ask for, in the form in which devices are looked for: each request with the ways in which it can be served. */
import type {
  Device,
  DeviceAttribute,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceToleration,
  ResourceClaim,
} from '../../api/types/resource/v1.ts'
import type { Amounts } from './capacity.ts'

/** Why claims can't be served at all, whatever devices there are: said of the pod as it is. */
export class AllocationError extends Error {
  override name = 'AllocationError'
}

/** A way to serve a request. */
export interface Option {
  /** As results name it: `request` or `request/subrequest`. */
  name: string
  request: string
  class: DeviceClass
  selectors: readonly DeviceSelector[]
  /** Undefined: all that fit. */
  count: number | undefined
  adminAccess: boolean
  tolerations: readonly DeviceToleration[] | undefined
  capacity: Amounts | undefined
}

export type ClassOf = (name: string) => DeviceClass | undefined

/** The ways of each request, the best first. Throws `AllocationError`. */
export function optionsOf(claim: ResourceClaim, classOf: ClassOf): Option[][] {
  return (claim.spec.devices?.requests ?? []).map((request) => {
    const { name, exactly, firstAvailable = [] } = request
    if (exactly) return [optionOf(name, name, exactly, classOf)]
    return firstAvailable.map((sub) => optionOf(name, `${name}/${sub.name}`, sub, classOf))
  })
}

function optionOf(
  request: string,
  name: string,
  wanted: NonNullable<DeviceRequest['exactly']>,
  classOf: ClassOf,
): Option {
  const { deviceClassName, allocationMode = 'ExactCount', count = 1, selectors = [], tolerations, capacity } = wanted
  const deviceClass = classOf(deviceClassName)
  if (!deviceClass) throw new AllocationError(`request ${name}: device class ${deviceClassName} does not exist`)
  if (allocationMode !== 'ExactCount' && allocationMode !== 'All') {
    throw new AllocationError(`request ${name}: unsupported count mode ${allocationMode}`)
  }
  return {
    ...{ name, request, class: deviceClass, selectors, tolerations },
    count: allocationMode === 'All' ? undefined : count,
    adminAccess: wanted.adminAccess ?? false,
    capacity: capacity?.requests,
  }
}

/** A device that was taken for an option. */
interface Taken {
  option: Pick<Option, 'name' | 'request'>
  driver: string
  device: Device
}

/** Whether all hold that concern `next`, beside what the claim has already. */
export function holdConstraints(
  constraints: readonly DeviceConstraint[],
  taken: readonly Taken[],
  next: Taken,
): boolean {
  return constraints.every(({ requests = [], matchAttribute, distinctAttribute }) => {
    const concerns = ({ option }: Taken) =>
      requests.length === 0 || requests.includes(option.request) || requests.includes(option.name)
    if (!concerns(next)) return true
    const name = matchAttribute ?? distinctAttribute
    const value = name === undefined ? undefined : attributeOf(next, name)
    if (name === undefined || value === undefined) return false
    const others = taken.filter(concerns).map((one) => attributeOf(one, name))
    return matchAttribute === undefined ? !others.includes(value) : others.every((other) => other === value)
  })
}

/** The kind and value of an attribute, in one text. One of the driver's own domain may be published without it. */
function attributeOf({ driver, device: { attributes = {} } }: Taken, name: string): string | undefined {
  const [domain, id = ''] = name.split('/')
  const short = domain === driver && Object.hasOwn(attributes, id) ? attributes[id] : undefined
  const attribute: DeviceAttribute | undefined = Object.hasOwn(attributes, name) ? attributes[name] : short
  const [entry] = Object.entries(attribute ?? {})
  return entry && `${entry[0]} ${entry[1]}`
}
