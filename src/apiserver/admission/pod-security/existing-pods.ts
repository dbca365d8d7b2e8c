/** Who makes a namespace stricter is told which of its pods would not be let in any more; they keep running. */
import { coreV1 } from '../../../api/resources.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { Objects } from '../../objects.ts'
import type { PodSecurityOptions } from './configuration.ts'
import { type LevelVersion, textOf, violations } from './standards.ts'
import { checkedPod } from './violation.ts'

/** Pods looked at for one request. Source: upstream's `namespaceMaxPodsToCheck`. */
const podsMax = 3000

export async function warnOfExistingPods(
  objects: Objects,
  attributes: AdmissionAttributes,
  { policy, exemptions }: { policy: LevelVersion } & Pick<PodSecurityOptions, 'exemptions'>,
): Promise<void> {
  const pods = await objects.list(coreV1.pods, attributes.name)
  const namesByReason = new Map<string, string[]>()
  for (const pod of pods.slice(0, podsMax)) {
    if (exemptions.runtimeClasses.has(pod.spec?.runtimeClassName ?? '')) continue
    const found = violations(policy, checkedPod(pod))
    if (!found) continue
    const names = namesByReason.get(found.reasons) ?? []
    names.push(pod.metadata.name ?? '')
    namesByReason.set(found.reasons, names)
  }
  if (pods.length > podsMax) {
    attributes.warn(
      `new PodSecurity enforce level only checked against the first ${podsMax} of ${pods.length} existing pods`,
    )
  }
  if (namesByReason.size === 0) return
  attributes.warn(
    `existing pods in namespace ${JSON.stringify(attributes.name)} violate the new PodSecurity enforce level ${JSON.stringify(textOf(policy))}`,
  )
  const lines = [...namesByReason].map(([reasons, names]) => `${shown(names)}: ${reasons}`)
  for (const line of lines.sort()) attributes.warn(line)
}

/** The first by name, and how many others. */
function shown(names: readonly string[]): string {
  const [first] = [...names].sort()
  const others = names.length - 1
  if (others === 0) return first ?? ''
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
}
