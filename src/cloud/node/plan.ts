/** What a node is told about its machine: pure decisions. Rules as cloud-controller-manager's. */
import { isIP } from 'node:net'
import { addressNumber } from '../../api/addresses.ts'
import type { Node, NodeAddress } from '../../api/types/core/v1.ts'
import { messageOf } from '../../platform/log.ts'
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
  const { providerID, nodeAddresses } = metadata
  if (!node.spec?.providerID && !providerID)
    throw new Error(`cloud provider does not set node provider ID for node ${node.metadata.name}`)
  try {
    if (nodeAddresses) addressesFor(node, nodeAddresses)
  } catch (error) {
    throw new Error(`provided node ip for node ${JSON.stringify(node.metadata.name)} is not valid: ${messageOf(error)}`)
  }
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

const labelPairs = [
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
] as const

/** Of labels with an old and a new name the old one is right: what the new ones have to be; undefined when they are. */
export function changedLabels({ metadata: { labels = {} } }: Node): Record<string, string> | undefined {
  const changed = labelPairs.flatMap(([old, current]) => {
    const value = labels[old]
    return value === undefined || labels[current] === value ? [] : [[current, value] as const]
  })
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

/** Addresses that the agent was told come first, and alone among those of their type. */
function addressesFor(node: Node, addresses: readonly NodeAddress[]): NodeAddress[] {
  const told = node.metadata.annotations?.[providedAddresses]
  if (told === undefined) return [...addresses]
  const enforced = toldAddresses(told).flatMap((value) => {
    const found = addresses.filter(
      ({ address }) => isIP(address) !== 0 && addressNumber(address) === addressNumber(value),
    )
    if (found.length === 0) throw new Error(`failed to get node address from cloud provider that matches ip: ${value}`)
    return found
  })
  const types = new Set(enforced.map(({ type }) => type))
  return [...enforced, ...addresses.filter(({ type }) => !types.has(type))]
}

function toldAddresses(text: string): string[] {
  const parts = text.split(',')
  const wrong = parts.find((part) => isIP(part) === 0)
  const fail = (why: string): Error => new Error(`failed to parse node IP ${JSON.stringify(text)}: ${why}`)
  if (wrong !== undefined) throw fail(`could not parse ${JSON.stringify(wrong)}`)
  const [one = '', other] = parts
  if (parts.length > 2 || (other !== undefined && isIP(one) === isIP(other)))
    throw fail('must contain either a single IP or a dual-stack pair of IPs')
  if (other !== undefined && parts.some((part) => addressNumber(part) === 0n))
    throw fail("dual-stack node IP cannot include '0.0.0.0' or '::'")
  return parts
}
