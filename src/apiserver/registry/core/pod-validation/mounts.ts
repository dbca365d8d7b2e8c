/** Rules for volume mounts and block devices of a container. Source: https://kubernetes.io/docs/concepts/storage/volumes/. */
import type { FieldError } from '../../../../api/errors.ts'
import type { Volume, VolumeDevice, VolumeMount } from '../../../../api/types/core/v1.ts'
import { forbidden, invalid, notFound, notSupported, required } from '../../validation/field.ts'
import { localDescendingPath, noBacksteps } from '../../validation/paths.ts'
import type { AnyContainer } from './visit.ts'

type Volumes = ReadonlyMap<string, Volume>

const propagations = ['Bidirectional', 'HostToContainer', 'None']
const recursiveModes = ['Disabled', 'Enabled', 'IfPossible']

export function validateVolumeMounts(path: string, container: AnyContainer, volumes: Volumes): FieldError[] {
  const devices = container.volumeDevices ?? []
  const points = new Set<string>()
  const errors: FieldError[] = []
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}[${index}]`
    const { name = '', mountPath = '' } = mount
    if (name === '') errors.push(required(`${at}.name`))
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name))
    if (mountPath === '') errors.push(required(`${at}.mountPath`))
    if (points.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'))
    points.add(mountPath)
    if (devices.some((device) => device.name === name)) {
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeDevices'))
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalid(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'))
    }
    errors.push(...validateSubPaths(path, at, mount, volumes.get(name)))
    errors.push(...validatePropagation(`${path}.mountPropagation`, mount, container))
    errors.push(...validateRecursive(`${path}.recursiveReadOnly`, mount))
  }
  return errors
}

/** Upstream reports bad sub paths at the list, without an index. */
function validateSubPaths(path: string, at: string, mount: VolumeMount, volume: Volume | undefined): FieldError[] {
  const errors: FieldError[] = []
  if (volume?.image) {
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (mount[field]) errors.push(invalid(`${at}.${field}`, mount[field], 'not allowed in image volume sources'))
    }
  }
  if (mount.subPath) errors.push(...localDescendingPath(`${path}.subPath`, mount.subPath))
  if (!mount.subPathExpr) return errors
  if (mount.subPath) {
    errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
  }
  return [...errors, ...localDescendingPath(`${path}.subPathExpr`, mount.subPathExpr)]
}

function validatePropagation(path: string, mount: VolumeMount, container: AnyContainer): FieldError[] {
  const propagation = mount.mountPropagation
  if (propagation === undefined) return []
  if (!propagations.includes(propagation)) return [notSupported(path, propagation, propagations)]
  return propagation === 'Bidirectional' && !container.securityContext?.privileged
    ? [forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')]
    : []
}

function validateRecursive(path: string, mount: VolumeMount): FieldError[] {
  const mode = mount.recursiveReadOnly
  if (mode === undefined || mode === 'Disabled') return []
  if (!recursiveModes.includes(mode)) return [notSupported(path, mode, recursiveModes)]
  const errors: FieldError[] = []
  if (!mount.readOnly) errors.push(forbidden(path, 'may only be specified when readOnly is true'))
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'))
  }
  return errors
}

export function validateVolumeDevices(
  path: string,
  devices: readonly VolumeDevice[],
  mounts: readonly VolumeMount[],
  volumes: Volumes,
): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [index, { name = '', devicePath = '' }] of devices.entries()) {
    const at = `${path}[${index}]`
    errors.push(...validateDeviceName(`${at}.name`, name, names, volumes.get(name)))
    if (devicePath === '') errors.push(required(`${at}.devicePath`))
    if (paths.has(devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, 'must be unique'))
    if (devicePath !== '' && noBacksteps(at, devicePath).length > 0) {
      errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"))
    } else paths.add(devicePath)
    if (mounts.some((mount) => mount.name === name)) {
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'))
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      errors.push(invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'))
    }
    if (name !== '') names.add(name)
  }
  return errors
}

function validateDeviceName(path: string, name: string, seen: Set<string>, volume: Volume | undefined): FieldError[] {
  const errors: FieldError[] = []
  if (name === '') errors.push(required(path))
  if (seen.has(name)) errors.push(invalid(path, name, 'must be unique'))
  if (!volume) return [...errors, notFound(path, name)]
  if (volume.persistentVolumeClaim || volume.ephemeral) return errors
  const why = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
  return [...errors, invalid(path, name, why)]
}
