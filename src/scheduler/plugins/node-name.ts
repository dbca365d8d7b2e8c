/** A pod that names its node fits no other. */
import { type FilterPlugin, filterBy, skip, unresolvable } from './plugin.ts'

export const nodeName: FilterPlugin = {
  name: 'NodeName',
  prepare(pod) {
    const wanted = pod.spec?.nodeName
    if (!wanted) return skip
    return filterBy((node) =>
      node.name === wanted ? undefined : unresolvable("node(s) didn't match the requested node name"),
    )
  },
}
