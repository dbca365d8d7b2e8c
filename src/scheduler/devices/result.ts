/** An allocation as the claim's status says it: devices, settings for their driver, and where they can be used. */
import type { Node, NodeSelector, NodeSelectorRequirement } from '../../api/types/core/v1.ts'
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from '../../api/types/resource/v1.ts'
import type { Grant } from './allocate.ts'
import type { Option } from './requests.ts'

export interface ResultParts {
  grants: readonly Grant[]
  /** The way in which each request is served. */
  chosen: readonly Option[]
  node: Node
  newShareId(): string
}

export function resultOf(claim: ResourceClaim, { grants, chosen, node, newShareId }: ResultParts): AllocationResult {
  const config = [...classSettings(chosen), ...claimSettings(claim, chosen)]
  const nodeSelector = selectorOf(grants, node)
  return {
    devices: {
      results: grants.map((grant) => deviceResult(grant, newShareId)),
      ...(config.length > 0 ? { config } : {}),
    },
    ...(nodeSelector ? { nodeSelector } : {}),
  }
}

function deviceResult(
  { option, from: { driver, poolName, device }, shares }: Grant,
  newShareId: () => string,
): DeviceRequestAllocationResult {
  const { bindingConditions, bindingFailureConditions } = device
  return {
    ...{ request: option.name, driver, pool: poolName, device: device.name },
    ...(option.adminAccess ? { adminAccess: true } : {}),
    ...(option.tolerations ? { tolerations: [...option.tolerations] } : {}),
    ...(bindingConditions ? { bindingConditions } : {}),
    ...(bindingFailureConditions ? { bindingFailureConditions } : {}),
    ...(shares ? { shareID: newShareId() } : {}),
    ...(shares && Object.keys(shares).length > 0 ? { consumedCapacity: { ...shares } } : {}),
  }
}

/** Of each class once, for all requests that have it. */
function classSettings(chosen: readonly Option[]): DeviceAllocationConfiguration[] {
  const classes = Map.groupBy(chosen, (option) => option.class)
  return [...classes].flatMap(([{ spec }, options]) =>
    (spec.config ?? []).map((config) => ({
      ...config,
      source: 'FromClass',
      requests: options.map(({ name }) => name),
    })),
  )
}

function claimSettings({ spec }: ResourceClaim, chosen: readonly Option[]): DeviceAllocationConfiguration[] {
  return (spec.devices?.config ?? [])
    .filter(({ requests = [] }) => {
      return (
        requests.length === 0 ||
        chosen.some(({ name, request }) => requests.includes(name) || requests.includes(request))
      )
    })
    .map((config) => ({ ...config, source: 'FromClaim' }))
}

/** The one node where a device is bound to it, else what the devices' slices ask of nodes together. */
function selectorOf(grants: readonly Grant[], node: Node): NodeSelector | undefined {
  const fields: NodeSelectorRequirement[] = []
  const expressions: NodeSelectorRequirement[] = []
  for (const { from } of grants) {
    const place = from.slice.spec.perDeviceNodeSelection ? from.device : from.slice.spec
    if (place.nodeName || from.device.bindsToNode) {
      const only = { key: 'metadata.name', operator: 'In', values: [node.metadata.name ?? ''] }
      return { nodeSelectorTerms: [{ matchFields: [only] }] }
    }
    const [term] = place.nodeSelector?.nodeSelectorTerms ?? []
    addNew(fields, term?.matchFields)
    addNew(expressions, term?.matchExpressions)
  }
  if (fields.length === 0 && expressions.length === 0) return undefined
  return {
    nodeSelectorTerms: [
      {
        ...(expressions.length > 0 ? { matchExpressions: expressions } : {}),
        ...(fields.length > 0 ? { matchFields: fields } : {}),
      },
    ],
  }
}

function addNew(to: NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[] = []): void {
  const text = ({ key, operator, values = [] }: NodeSelectorRequirement) =>
    JSON.stringify([key, operator, [...values].sort()])
  for (const one of more) if (!to.some((known) => text(known) === text(one))) to.push(one)
}
