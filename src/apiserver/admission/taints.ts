/** A node starts tainted until it is ready, and pods tolerate a node's absence for five minutes unless they say otherwise. */
import type { Node, Pod, Toleration } from '../../api/types/core/v1.ts'
import { type AdmissionPlugin, isFor } from './plugin.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  resources: ['nodes'],
  mutate(attributes) {
    if (!isFor(attributes, 'nodes', 'CREATE')) return
    const node = attributes.object as Node
    const taints = node.spec?.taints ?? []
    if (taints.some(({ key, effect }) => key === notReady && effect === 'NoSchedule')) return
    node.spec = { ...node.spec, taints: [...taints, { key: notReady, effect: 'NoSchedule' }] }
  },
}

export interface AbsenceTolerance {
  /** Seconds that pods stay on a node that is not ready. Default 300. */
  notReadySeconds?: number | undefined
  /** The same of one that is not heard of. Default 300. */
  unreachableSeconds?: number | undefined
}

export function defaultTolerationSeconds({
  notReadySeconds = 300,
  unreachableSeconds = 300,
}: AbsenceTolerance = {}): AdmissionPlugin {
  const seconds = [[notReady, notReadySeconds] as const, [unreachable, unreachableSeconds] as const]
  return {
    name: 'DefaultTolerationSeconds',
    resources: ['pods'],
    mutate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE', 'UPDATE')) return
      const spec = (attributes.object as Pod).spec
      if (!spec) return
      const tolerations = spec.tolerations ?? []
      const added = seconds
        .filter(([key]) => !tolerations.some((one) => speaksOf(one, key)))
        .map(([key, tolerationSeconds]) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }))
      if (added.length > 0) spec.tolerations = [...tolerations, ...added]
    },
  }
}

function speaksOf({ key = '', effect = '' }: Toleration, taintKey: string): boolean {
  return (key === taintKey || key === '') && (effect === 'NoExecute' || effect === '')
}
