/** Cordoned nodes take only pods that tolerate it. */
import { tolerates } from '../../api/tolerations.ts'
import { type FilterPlugin, filterBy, unresolvable } from './plugin.ts'

const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  prepare(pod) {
    const tolerated = tolerates(pod.spec?.tolerations, cordonTaint)
    return filterBy((node) =>
      node.node.spec?.unschedulable && !tolerated ? unresolvable('node(s) were unschedulable') : undefined,
    )
  },
}
