/**
 * A running pod is not resized beyond what its node has, nor on a node that cannot do it.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/, KEP-1287.
 */
import { type ApiError, apiError } from '../../api/errors.ts'
import { nodeAllocatable, podRequests } from '../../api/pod-requests.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { semanticEqual } from '../registry/validation/equal.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

export function podResizeValidator(objects: Objects): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    resources: ['pods'],
    async validate(attributes) {
      const { resource, subresource, operation } = attributes
      if (resource.group !== '' || resource.plural !== 'pods' || subresource !== 'resize') return
      if (operation !== 'UPDATE') return
      const [pod, old] = [attributes.object as Pod, attributes.oldObject as Pod]
      const nodeName = pod.spec?.nodeName
      if (!nodeName || semanticEqual(pod.spec, old.spec)) return
      const node = await objects.get(coreV1.nodes, nodeName)
      if (!node) throw forbid(attributes, `node ${JSON.stringify(nodeName)} not found`)
      const beyond = beyondAllocatable(pod, node)
      if (beyond) throw caused(attributes, beyond, 'NodeCapacity')
      const os = node.metadata.labels?.['kubernetes.io/os'] ?? ''
      if (os === 'linux') return
      const why = `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`
      throw caused(attributes, why, 'UnsupportedPlatform')
    },
  }
}

function beyondAllocatable(pod: Pod, node: Node): string | undefined {
  const [requests, allocatable] = [podRequests(pod), nodeAllocatable(node)]
  const beyond = ['cpu', 'memory']
    .map((name) => ({ name, requested: requests.get(name) ?? 0, has: allocatable.get(name) ?? 0 }))
    .filter(({ requested, has }) => requested > has)
    .map(({ name, requested, has }) => `${name}, requested: ${requested}, allocatable: ${has}`)
  return beyond.length === 0 ? undefined : `node didn't have enough allocatable resources: ${beyond.join('; ')}`
}

function caused(attributes: AdmissionAttributes, why: string, reason: string): ApiError {
  const { message, details } = forbid(attributes, why).status
  const causes = [...(details?.causes ?? []), { reason }]
  return apiError({ code: 403, reason: 'Forbidden', message: message ?? '', details: { ...details, causes } })
}
