/** Cordoned nodes take only pods that tolerate it. */
import { tolerates } from '../../api/tolerations.ts'
import { type FilterPlugin, filterBy, skip, unresolvable } from './plugin.ts'

const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

export const nodeUnschedulable: FilterPlugin = {
  name: 'NodeUnschedulable',
  prepare(pod) {
    if (tolerates(pod.spec?.tolerations, cordonTaint)) return skip
    return filterBy((node) => (node.node.spec?.unschedulable ? unresolvable('node(s) were unschedulable') : undefined))
  },
}
