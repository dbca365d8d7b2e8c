/** Defaults of the core group's smaller kinds. Source: core/v1's documented defaults. */
import type {
  LimitRange,
  LimitRangeItem,
  Namespace,
  Node,
  ReplicationController,
  ResourceQuota,
  Secret,
} from '../types/core/v1.ts'
import { defaultPodTemplate, roundUp } from './pod.ts'

export const namespaceNameLabel = 'kubernetes.io/metadata.name'

/** A namespace that still waits for its generated name gets the label once it has it. */
export function defaultNamespace(namespace: Namespace): void {
  const name = namespace.metadata.name
  if (name) {
    namespace.metadata.labels ??= {}
    namespace.metadata.labels[namespaceNameLabel] = name
  }
  namespace.spec ??= {}
  namespace.status ??= {}
  namespace.status.phase ||= 'Active'
}

export function defaultNode(node: Node): void {
  node.spec ??= {}
  node.status ??= {}
  if (node.status.capacity) node.status.allocatable ??= { ...node.status.capacity }
  const { podCIDR, podCIDRs = [] } = node.spec
  // The older field is believed where the two differ.
  if (podCIDR && podCIDR !== podCIDRs[0]) node.spec.podCIDRs = [podCIDR]
}

/** `stringData` is write-only: it ends in `data`. */
export function defaultSecret(secret: Secret): void {
  secret.type ||= 'Opaque'
  if (!secret.stringData) return
  secret.data ??= {}
  for (const [key, text] of Object.entries(secret.stringData)) secret.data[key] = Buffer.from(text).toString('base64')
  delete secret.stringData
}

export function defaultReplicationController(controller: ReplicationController): void {
  controller.spec ??= {}
  const spec = controller.spec
  spec.replicas ??= 1
  if (!spec.template) return
  defaultPodTemplate(spec.template)
  const labels = spec.template.metadata?.labels
  if (!labels) return
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
  if (Object.keys(controller.metadata.labels ?? {}).length === 0) controller.metadata.labels = { ...labels }
}

export function defaultLimitRange(range: LimitRange): void {
  for (const item of range.spec?.limits ?? []) if (item.type === 'Container') defaultContainerLimit(item)
}

function defaultContainerLimit(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default }
  const requests = { ...item.min, ...limits, ...item.defaultRequest }
  item.default = limits
  item.defaultRequest = requests
}

export function defaultResourceQuota(quota: ResourceQuota): void {
  if (quota.spec?.hard) roundUp(quota.spec.hard)
}
