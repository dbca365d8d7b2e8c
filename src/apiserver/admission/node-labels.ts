/** What a kubelet may say about its own Node: not its taints, owners and source of configuration, and of the system's labels only its own. */
import { jsonEqual } from '../../api/patch/json-value.ts'
import type { Node } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { forbid } from './plugin.ts'

const kubeletLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const kubeletLabelDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io']

/** Throws 403 when the kubelet of `nodeName` writes another node, or more of its own than it may. */
export function checkOwnNode(attributes: AdmissionAttributes, nodeName: string): void {
  const { operation, object, oldObject } = attributes
  const requested = attributes.name || object?.metadata.name || ''
  const quoted = JSON.stringify(nodeName)
  if (requested !== nodeName)
    throw forbid(attributes, `node ${quoted} is not allowed to modify node ${JSON.stringify(requested)}`)
  if (operation === 'CREATE') {
    if ((object as Node).spec?.configSource)
      throw forbid(attributes, `node ${quoted} is not allowed to create pods with a non-nil configSource`)
    const labels = forbiddenLabels((object as Node).metadata.labels, {})
    if (labels.length === 0) return
    throw forbid(attributes, `node ${quoted} is not allowed to set the following labels: ${labels.join(', ')}`)
  }
  if (operation !== 'UPDATE') return
  const [node, old] = [object as Node, oldObject as Node]
  const source = node.spec?.configSource
  if (source && !jsonEqual(source, old.spec?.configSource))
    throw forbid(attributes, `node ${quoted} is not allowed to update configSource to a new non-nil configSource`)
  if (taintsText(node) !== taintsText(old)) throw forbid(attributes, `node ${quoted} is not allowed to modify taints`)
  if (!jsonEqual(node.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    throw forbid(attributes, `node ${quoted} is not allowed to modify ownerReferences`)
  const labels = forbiddenLabels(node.metadata.labels, old.metadata.labels)
  if (labels.length > 0) throw forbid(attributes, `is not allowed to modify labels: ${labels.join(', ')}`)
}

function taintsText({ spec }: Node): string {
  return JSON.stringify(
    (spec?.taints ?? []).map(({ key, value = '', effect, timeAdded = '' }) => [key, value, effect, timeAdded]),
  )
}

function forbiddenLabels(labels: Record<string, string> = {}, old: Record<string, string> = {}): string[] {
  const names = new Set([...Object.keys(labels), ...Object.keys(old)])
  return [...names].filter((name) => labels[name] !== old[name] && isForbidden(name)).sort()
}

function isForbidden(label: string): boolean {
  const slash = label.indexOf('/')
  const domain = slash < 0 ? '' : label.slice(0, slash)
  if (within(domain, 'node-restriction.kubernetes.io')) return true
  if (!within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')) return false
  return !kubeletLabels.has(label) && !kubeletLabelDomains.some((own) => within(domain, own))
}

function within(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`)
}
