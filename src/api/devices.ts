/**
 * Facts about devices that several components need: where their pools are, and which taints matter. Source:
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import type { Device, DeviceTaint, DeviceToleration, ResourceSlice } from './types/resource/v1.ts'

/** Names a pool of a driver; neither may contain a space. */
export function poolKey(driver: string, pool: string): string {
  return `${driver} ${pool}`
}

export function poolOf({ spec }: ResourceSlice): string {
  return poolKey(spec.driver, spec.pool.name)
}

/** Those of the newest generation: older ones are being replaced and do not count. */
export function newestSlices(slices: readonly ResourceSlice[]): ResourceSlice[] {
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation))
  return slices.filter(({ spec }) => spec.pool.generation === newest)
}

export function findDevice(slices: readonly ResourceSlice[], name: string): Device | undefined {
  for (const { spec } of newestSlices(slices)) {
    const device = spec.devices?.find((one) => one.name === name)
    if (device) return device
  }
  return undefined
}

export function toleratesDeviceTaint(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator || 'Equal') {
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '')
    case 'Exists':
      return true
    default:
      return false
  }
}

/** Which devices something is about; what is absent fits all. */
export interface DeviceSelection {
  driver?: string
  pool?: string
  device?: string
}

export function selects(
  selection: DeviceSelection | undefined,
  device: { driver: string; pool: string; device: string },
): boolean {
  if (!selection) return false
  const { driver = device.driver, pool = device.pool, device: name = device.device } = selection
  return driver === device.driver && pool === device.pool && name === device.device
}
