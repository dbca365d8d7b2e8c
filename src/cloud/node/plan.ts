/** What a node is told about its machine: pure decisions. */
import type { Node, NodeAddress } from '../../api/types/core/v1.ts'
import type { InstanceMetadata } from '../provider.ts'

export const uninitializedTaint = 'node.cloudprovider.kubernetes.io/uninitialized'
/** On a node whose agent was told its addresses. */
const providedAddresses = 'alpha.kubernetes.io/provided-node-ip'
const kubernetesOwn = /(^|\.)(kubernetes|k8s)\.io\//

export function isUninitialized({ spec }: Node): boolean {
  return spec?.taints?.some(({ key }) => key === uninitializedTaint) ?? false
}

/** The merge patch that makes a new node a member. Throws when the cloud names no id, or not the agent's address. */
export function initialization(node: Node, metadata: InstanceMetadata): object {
  const { providerID, nodeAddresses = [] } = metadata
  if (!node.spec?.providerID && !providerID)
    throw new Error(`cloud provider does not set node provider ID for node ${node.metadata.name}`)
  addressesFor(node, nodeAddresses)
  return {
    metadata: {
      uid: node.metadata.uid,
      resourceVersion: node.metadata.resourceVersion,
      labels: labelsFor(node, metadata),
    },
    spec: {
      ...(node.spec?.providerID ? {} : { providerID }),
      taints: (node.spec?.taints ?? []).filter(({ key }) => key !== uninitializedTaint),
    },
  }
}

function labelsFor(node: Node, { instanceType, zone, region, additionalLabels = {} }: InstanceMetadata) {
  const own = Object.entries(additionalLabels).filter(
    ([key]) => !kubernetesOwn.test(key) && node.metadata.labels?.[key] === undefined,
  )
  return {
    ...Object.fromEntries(own),
    ...(instanceType
      ? { 'beta.kubernetes.io/instance-type': instanceType, 'node.kubernetes.io/instance-type': instanceType }
      : {}),
    ...(zone ? { 'failure-domain.beta.kubernetes.io/zone': zone, 'topology.kubernetes.io/zone': zone } : {}),
    ...(region ? { 'failure-domain.beta.kubernetes.io/region': region, 'topology.kubernetes.io/region': region } : {}),
  }
}

/** Labels of later machines, merged over what the node has; undefined when nothing changes. */
export function changedLabels(node: Node, { additionalLabels = {} }: InstanceMetadata): object | undefined {
  const changed = Object.entries(additionalLabels).filter(
    ([key, value]) => !kubernetesOwn.test(key) && node.metadata.labels?.[key] !== value,
  )
  return changed.length === 0 ? undefined : Object.fromEntries(changed)
}

/** Undefined when the node has them already, or the cloud names none. */
export function changedAddresses(node: Node, { nodeAddresses = [] }: InstanceMetadata): NodeAddress[] | undefined {
  if (nodeAddresses.length === 0) return undefined
  const known = node.status?.addresses ?? []
  const named = nodeAddresses.some(({ type }) => type === 'Hostname')
  const all = [...nodeAddresses, ...(named ? [] : known.filter(({ type }) => type === 'Hostname'))]
  const wanted = addressesFor(node, all)
  return JSON.stringify(wanted.map(textOf)) === JSON.stringify(known.map(textOf)) ? undefined : wanted
}

function textOf({ type, address }: NodeAddress): string {
  return `${type} ${address}`
}

/** The address that the agent was told comes first among those of its type. */
function addressesFor(node: Node, addresses: readonly NodeAddress[]): NodeAddress[] {
  const told = (node.metadata.annotations?.[providedAddresses] ?? '').split(',').filter((address) => address !== '')
  if (told.length === 0 || addresses.length === 0) return [...addresses]
  const missing = told.find((address) => !addresses.some((one) => one.address === address))
  if (missing !== undefined)
    throw new Error(
      `provided node ip for node "${node.metadata.name}" is not valid: failed to get node address from cloud provider that matches ip: ${missing}`,
    )
  const first = told.flatMap((address) => addresses.filter((one) => one.address === address))
  return [...first, ...addresses.filter((one) => !first.includes(one))]
}
