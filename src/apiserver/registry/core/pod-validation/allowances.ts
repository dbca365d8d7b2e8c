/**
 * What pod specs may say beyond the ordinary: with a feature gate open, or where the stored object says it already, so
 * that what was accepted once stays changeable after its gate is closed. Source: KEP-5471 (comparing tolerations),
 * KEP-1710 (SELinux mounts), KEP-127 (user namespaces).
 */
import type { PodSpec } from '../../../../api/types/core/v1.ts'
import { defaultGates } from '../../../scheme/feature-gates.ts'
import type { ValidationContext } from '../../strategy.ts'
import { containersWithPath } from './visit.ts'

export interface PodAllowances {
  /** Tolerations may compare numbers, by `Lt` and `Gt`. */
  comparisons: boolean
  /** Every policy for SELinux labels, not `Recursive` alone. */
  everySeLinuxPolicy: boolean
  /** A pod with user namespaces of its own may use its node's network. */
  hostNetworkWithOwnUsers: boolean
  /** Such a pod may use block devices, though it will not reach them: once upstream did not look. */
  devicesWithOwnUsers: boolean
  /** Init containers that run once may want a restart when they are resized: once upstream did not look. */
  restartsOfInit: boolean
}

export const nothingMore: PodAllowances = {
  comparisons: false,
  everySeLinuxPolicy: false,
  hostNetworkWithOwnUsers: false,
  devicesWithOwnUsers: false,
  restartsOfInit: false,
}

/** `old`: the spec that is stored, on update. */
export function podAllowances({ gates = defaultGates }: ValidationContext = {}, old?: PodSpec): PodAllowances {
  const tolerations = old?.tolerations ?? []
  return {
    comparisons:
      gates.get('TaintTolerationComparisonOperators') === true ||
      tolerations.some(({ operator }) => operator === 'Lt' || operator === 'Gt'),
    everySeLinuxPolicy: gates.get('SELinuxMount') === true || old?.securityContext?.seLinuxChangePolicy !== undefined,
    hostNetworkWithOwnUsers:
      gates.get('UserNamespacesHostNetworkSupport') === true || (old?.hostNetwork === true && old.hostUsers === false),
    devicesWithOwnUsers:
      old?.hostUsers === false &&
      containersWithPath('', old).some(([, { volumeDevices = [] }]) => volumeDevices.length > 0),
    restartsOfInit: (old?.initContainers ?? []).some(
      ({ restartPolicy, resizePolicy }) =>
        restartPolicy !== 'Always' && resizePolicy?.some((policy) => policy.restartPolicy === 'RestartContainer'),
    ),
  }
}
