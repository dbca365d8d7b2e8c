/** Taints keep pods away (NoSchedule, NoExecute) or make a node less wanted (PreferNoSchedule). */
import { tolerates } from '../../api/tolerations.ts'
import { type FilterPlugin, filterBy, normalize, type ScorePlugin, unresolvable } from './plugin.ts'

export const taintTolerationFilter: FilterPlugin = {
  name: 'TaintToleration',
  prepare(pod) {
    return filterBy((node) => {
      const refused = (node.node.spec?.taints ?? []).some(
        (taint) =>
          (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !tolerates(pod.spec?.tolerations, taint),
      )
      return refused ? unresolvable('node(s) had untolerated taint(s)') : undefined
    })
  },
}

export const taintTolerationScore: ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  score(pod, nodes) {
    const tolerations = (pod.spec?.tolerations ?? []).filter(
      (toleration) => !toleration.effect || toleration.effect === 'PreferNoSchedule',
    )
    const refusing = nodes.map(
      ({ node }) =>
        node.spec?.taints?.filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint))
          .length ?? 0,
    )
    return normalize(refusing, true)
  },
}
