/**
 * A pod on a node is not changed into one that needs what its node does not declare.
 * Source: KEP-5328 (node declared features).
 */
import { coreV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Objects } from '../objects.ts'
import { semanticEqual } from '../registry/validation/equal.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

export function nodeDeclaredFeatureValidator(objects: Objects): AdmissionPlugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    resources: ['pods'],
    async validate(attributes) {
      const { resource, subresource, operation } = attributes
      if (resource.group !== '' || resource.plural !== 'pods' || operation !== 'UPDATE') return
      if (subresource !== '' && subresource !== 'resize') return
      const [pod, old] = [attributes.object as Pod, attributes.oldObject as Pod]
      const nodeName = pod.spec?.nodeName
      if (!nodeName || semanticEqual(pod.spec, old.spec)) return
      const needed = featuresNeeded(old, pod)
      if (needed.length === 0) return
      const node = await objects.get(coreV1.nodes, nodeName)
      if (!node) throw forbid(attributes, `node ${JSON.stringify(nodeName)} not found`)
      const missing = needed.filter((feature) => !node.status?.declaredFeatures?.includes(feature))
      if (missing.length === 0) return
      throw forbid(
        attributes,
        `pod update requires features ${missing.join(', ')} which are not available on node ${JSON.stringify(nodeName)}`,
      )
    },
  }
}

/** Features that a change needs, by name in order. Pure. */
export function featuresNeeded(old: Pod, pod: Pod): string[] {
  const needed: string[] = []
  const [before, after] = [old.spec?.resources, pod.spec?.resources]
  if ((before || after) && !semanticEqual(before, after)) needed.push('InPlacePodLevelResourcesVerticalScaling')
  if (changesInitContainer(old, pod)) needed.push('InPlacePodVerticalScalingInitContainers')
  return needed
}

function changesInitContainer(old: Pod, pod: Pod): boolean {
  return (old.spec?.initContainers ?? []).some(
    ({ restartPolicy, resources }, index) =>
      restartPolicy !== 'Always' && !semanticEqual(resources, pod.spec?.initContainers?.[index]?.resources),
  )
}
