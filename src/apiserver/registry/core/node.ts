/** Nodes: taints, capacity, pod ranges. Source: https://kubernetes.io/docs/concepts/architecture/nodes/. */
import { defaultNode } from '../../../api/defaults/core.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isLabelValue } from '../../../api/names.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { Node, Taint } from '../../../api/types/core/v1.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { cidrFamily, isCidr } from '../validation/addresses.ts'
import { semanticEqual } from '../validation/equal.ts'
import { duplicate, forbidden, invalid, invalidEach, required } from '../validation/field.ts'
import { validateLabelName } from '../validation/labels.ts'
import { validateResourceAmount } from '../validation/resources.ts'
import { validateTaintEffect } from './pod-validation/scheduling.ts'

const externalIdWarning = 'spec.externalID: this field is deprecated, and is unused by Kubernetes'

export const nodes: Strategy<Node> = {
  resource: coreV1.nodes,
  metadataOnUpdate: ['whole', 'changes'],
  default: defaultNode,
  prepareForCreate: (node) => dropKubeletConfig(node, undefined),
  prepareForUpdate(node, old) {
    dropKubeletConfig(node, old)
    if (old.status) node.status = old.status
    else delete node.status
  },
  validateCreate: (node) => [
    ...validateTaints('metadata.taints', node.spec?.taints ?? []),
    ...validateAmounts(node),
    ...validatePodCidrs(node.spec?.podCIDRs ?? []),
    ...duplicatePodCidrs(node.spec?.podCIDRs ?? []),
  ],
  validateUpdate: (node, old) => [
    ...validateTaints('metadata.taints', node.spec?.taints ?? []),
    ...validatePodCidrs(node.spec?.podCIDRs ?? []),
    ...validateNodeUpdate(node, old),
  ],
  warnings: ({ spec }) => (spec?.externalID ? [externalIdWarning] : []),
  status: {
    prepareForUpdate(node, old) {
      keepSpec(node, old)
      dropKubeletConfig(node, old)
    },
    validateUpdate: validateNodeUpdate,
  },
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
}

/** Kubelets no longer read their configuration from ConfigMaps: nodes keep that they did, and none starts to. */
function dropKubeletConfig(node: Node, old: Node | undefined): void {
  if (!old?.spec?.configSource) delete node.spec?.configSource
  if (!old?.status?.config) delete node.status?.config
}

function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = validateAmounts(node)
  const addresses = node.status?.addresses ?? []
  for (const [index, address] of addresses.entries()) {
    if (addresses.slice(0, index).some((other) => semanticEqual(other, address))) {
      errors.push(duplicate(`status.addresses[${index}]`, { Type: address.type, Address: address.address }))
    }
  }
  errors.push(...validateFeatures('status.declaredFeatures', node.status?.declaredFeatures ?? []))
  const before = old.spec?.podCIDRs ?? []
  if (before.length > 0 && !semanticEqual(before, node.spec?.podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  }
  if (old.spec?.providerID && old.spec.providerID !== node.spec?.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  }
  errors.push(...validateTaints('metadata.taints', node.spec?.taints ?? []))
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) {
    errors.push(forbidden('spec.externalID', 'may not be updated'))
  }
  return errors
}

/** Upstream names the taints' path `metadata.taints`. */
function validateTaints(path: string, taints: readonly Taint[]): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { key = '', value = '', effect = '', timeAdded }] of taints.entries()) {
    const at = `${path}[${index}]`
    const wrong = isLabelValue(value)
    errors.push(...validateLabelName(`${at}.key`, key))
    if (wrong.length > 0) errors.push(invalid(`${at}.value`, value, wrong.join(';')))
    errors.push(...(effect === '' ? [required(`${at}.effect`)] : validateTaintEffect(`${at}.effect`, effect)))
    if (seen.has(`${effect}/${key}`)) {
      const taint = { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null }
      errors.push(duplicate(at, taint, 'taints must be unique by key and effect pair'))
    }
    seen.add(`${effect}/${key}`)
  }
  return errors
}

function validateAmounts(node: Node): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(node.status?.[field] ?? {})) {
      errors.push(...validateResourceAmount(`status.${field}.${name}`, name, quantity))
    }
  }
  return errors
}

function validatePodCidrs(cidrs: readonly string[]): FieldError[] {
  const errors = cidrs.flatMap((cidr, index) => invalidEach(`spec.podCIDRs[${index}]`, cidr, isCidr(cidr)))
  if (cidrs.length < 2) return errors
  const families = new Set(cidrs.map(cidrFamily))
  if (cidrs.length > 2 || families.size < 2) {
    errors.push(invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'))
  }
  return errors
}

function duplicatePodCidrs(cidrs: readonly string[]): FieldError[] {
  return cidrs.flatMap((cidr, index) =>
    cidrs.indexOf(cidr) < index ? [duplicate(`spec.podCIDRs[${index}]`, cidr)] : [],
  )
}

const featureName = /^([A-Z][a-zA-Z0-9]*)(\/[a-zA-Z0-9]+)*$/

function validateFeatures(path: string, features: readonly string[]): FieldError[] {
  return features.flatMap((name, index) => {
    const at = `${path}[${index}]`
    const errors = features.indexOf(name) < index ? [duplicate(at, name)] : []
    if (featureName.test(name)) return errors
    const why = `invalid feature name "${name}": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`
    return [...errors, invalid(at, name, why)]
  })
}
