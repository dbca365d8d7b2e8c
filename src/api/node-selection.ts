/**
 * Whether a node is one that a pod asks for: one rule for the scheduler, DaemonSets and the kubelet's admission.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from './types/core/v1.ts'

/** Whether a node is one that the pod asks for, by selector and required affinity. */
export function matchesNode(pod: Pod, node: Node): boolean {
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {})) {
    if (node.metadata.labels?.[key] !== value) return false
  }
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || matchesNodeSelector(required, node)
}

/** Terms are alternatives; an empty term matches nothing. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node))
}

export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length === 0 && fields.length === 0) return false
  const nodeFields: Record<string, string | undefined> = { 'metadata.name': node.metadata.name }
  return (
    expressions.every((requirement) => holds(requirement, node.metadata.labels?.[requirement.key])) &&
    fields.every((requirement) => holds(requirement, nodeFields[requirement.key]))
  )
}

function holds(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? []
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return comparable(value, values[0]) && BigInt(value ?? '') > BigInt(values[0] ?? '')
    case 'Lt':
      return comparable(value, values[0]) && BigInt(value ?? '') < BigInt(values[0] ?? '')
    default:
      return false
  }
}

function comparable(value: string | undefined, bound: string | undefined): boolean {
  return /^-?\d+$/.test(value ?? '') && /^-?\d+$/.test(bound ?? '')
}
