/**
 * What is left of a StorageVersion once API servers that are gone no longer count.
 * Source: KEP-2339 and kube-controller-manager's storage version garbage collector.
 */
import type { KubeObject } from '../../api/meta.ts'

export interface StorageVersion extends KubeObject {
  status?: {
    storageVersions?: { apiServerID: string; encodingVersion: string; decodableVersions?: string[] }[]
    commonEncodingVersion?: string
    conditions?: StorageVersionCondition[]
  }
}

interface StorageVersionCondition {
  type: string
  status: string
  observedGeneration?: number
  lastTransitionTime?: string
  reason: string
  message?: string
}

/** `remove`: no server is left that stores the kind. Undefined: all that it names are there. */
export type StoragePlan = { kind: 'remove' } | { kind: 'update'; status: NonNullable<StorageVersion['status']> }

export function planStorageVersion(
  { metadata, status = {} }: StorageVersion,
  isServer: (id: string) => boolean,
  nowText: string,
): StoragePlan | undefined {
  const { storageVersions = [], conditions = [], commonEncodingVersion: before } = status
  const left = storageVersions.filter(({ apiServerID }) => isServer(apiServerID))
  if (left.length === storageVersions.length) return undefined
  const [first] = left
  if (!first) return { kind: 'remove' }
  const agreed = left.every(({ encodingVersion }) => encodingVersion === first.encodingVersion)
  const common = agreed ? first.encodingVersion : undefined
  const type = 'AllEncodingVersionsEqual'
  const known = conditions.find((one) => one.type === type)
  const is = agreed ? 'True' : 'False'
  const moved = known?.status !== is || (before !== undefined && common !== undefined && before !== common)
  const condition = {
    type,
    status: is,
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime: moved ? nowText : (known?.lastTransitionTime ?? nowText),
    reason: agreed ? 'CommonEncodingVersionSet' : 'CommonEncodingVersionUnset',
    message: agreed ? 'Common encoding version set' : 'Common encoding version unset',
  }
  const others = conditions.filter((one) => one.type !== type)
  return {
    kind: 'update',
    status: {
      storageVersions: left,
      ...(common === undefined ? {} : { commonEncodingVersion: common }),
      conditions: [...others, condition],
    },
  }
}
