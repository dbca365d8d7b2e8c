/** Labels of nodes that have been renamed. Source: https://kubernetes.io/docs/reference/labels-annotations-taints/. */
const renamed: Readonly<Record<string, { since: string; use: string }>> = {
  'beta.kubernetes.io/arch': { since: 'v1.14', use: 'kubernetes.io/arch' },
  'beta.kubernetes.io/os': { since: 'v1.14', use: 'kubernetes.io/os' },
  'failure-domain.beta.kubernetes.io/region': { since: 'v1.17', use: 'topology.kubernetes.io/region' },
  'failure-domain.beta.kubernetes.io/zone': { since: 'v1.17', use: 'topology.kubernetes.io/zone' },
  'beta.kubernetes.io/instance-type': { since: 'v1.17', use: 'node.kubernetes.io/instance-type' },
}

export function nodeLabelWarning(path: string, label: string): string[] {
  const other = Object.hasOwn(renamed, label) ? renamed[label] : undefined
  return other ? [`${path}: deprecated since ${other.since}; use "${other.use}" instead`] : []
}
