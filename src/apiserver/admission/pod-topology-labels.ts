/** Pods learn from their labels in which zone and region they run: those of their node. Source: KEP-4742. */
import { coreV1 } from '../../api/resources.ts'
import type { Binding, Pod } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, isFor } from './plugin.ts'

const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'] as const

export function podTopologyLabels(objects: Objects): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    resources: ['pods', 'bindings'],
    async mutate(attributes) {
      const nodeName = nodeNameOf(attributes)
      const node = nodeName ? await objects.get(coreV1.nodes, nodeName) : undefined
      const metadata = attributes.object?.metadata
      if (!node || !metadata) return
      for (const label of copied) {
        const value = node.metadata.labels?.[label]
        if (value !== undefined) metadata.labels = { ...metadata.labels, [label]: value }
      }
    },
  }
}

/** The node that a new pod names, or that one is bound to. */
function nodeNameOf(attributes: AdmissionAttributes): string | undefined {
  if (isFor(attributes, 'pods', 'CREATE')) return (attributes.object as Pod).spec?.nodeName
  const { resource, subresource, operation, object } = attributes
  if (resource.group !== '' || operation !== 'CREATE' || !object) return undefined
  const isBinding = (resource.plural === 'pods' && subresource === 'binding') || resource.plural === 'bindings'
  if (!isBinding) return undefined
  const { kind, name } = (object as Binding).target ?? {}
  return kind && kind !== 'Node' ? undefined : name
}
