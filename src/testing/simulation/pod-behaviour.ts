/** How simulated pods behave: slow to start, to get ready and to stop, some fail; drawn for each pod by its uid. */
import type { Pod } from '../../api/types/core/v1.ts'
import type { Random } from '../../platform/random.ts'
import type { PodRule } from '../nodes/rules.ts'

/** `healthy`: from when on no container fails any more. */
export function podBehaviour(random: Random, healthy: () => boolean): (pod: Pod) => PodRule {
  const known = new Map<string, PodRule>()
  return (pod) => {
    const { uid = '' } = pod.metadata
    let rule = known.get(uid)
    if (!rule) {
      rule = drawn(random.stream(uid), pod.spec?.restartPolicy === 'Never')
      known.set(uid, rule)
    }
    const { livenessFailsAfter: _, exitCode: __, ...well } = rule
    return healthy() ? well : rule
  }
}

function drawn(random: Random, ends: boolean): PodRule {
  const rule: PodRule = { startAfter: random.int(1_500), readyAfter: random.int(3_000), stopAfter: random.int(4_000) }
  if (ends) return { ...rule, exitAfter: 500 + random.int(6_000), exitCode: random.float() < 0.1 ? 1 : 0 }
  return random.float() < 0.05 ? { ...rule, livenessFailsAfter: 8_000 + random.int(20_000) } : rule
}
