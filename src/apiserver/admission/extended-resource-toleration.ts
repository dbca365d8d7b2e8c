/**
 * Pods that ask for a device tolerate the taint that keeps others off its nodes.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#extendedresourcetoleration
 */
import type { Pod, Toleration } from '../../api/types/core/v1.ts'
import { isExtendedResource, isNativeResource } from '../registry/validation/resources.ts'
import { type AdmissionPlugin, isFor } from './plugin.ts'

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  mutate(attributes) {
    if (!isFor(attributes, 'pods', 'CREATE', 'UPDATE')) return
    const { spec } = attributes.object as Pod
    if (!spec) return
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
    const names = new Set(containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})))
    const devices = [...names].filter((name) => !isNativeResource(name) && isExtendedResource(name)).sort()
    for (const key of devices) spec.tolerations = withToleration(spec.tolerations ?? [], key)
  },
}

function withToleration(tolerations: readonly Toleration[], key: string): Toleration[] {
  const added: Toleration = { key, operator: 'Exists', effect: 'NoSchedule' }
  const isSame = (one: Toleration) =>
    one.key === key && one.effect === added.effect && one.operator === 'Exists' && !one.value
  return [...tolerations.filter((one) => !isSame(one)), added]
}
