/** Network policies. Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/. */
import { defaultNetworkPolicy } from '../../../api/defaults/networking.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isPortName, isPortNumber } from '../../../api/names.ts'
import { networkingV1 } from '../../../api/resources.ts'
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../api/types/networking/v1.ts'
import { part } from '../../../platform/turn.ts'
import { bumpGenerationExactly } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { cidrContains, isCidr } from '../validation/addresses.ts'
import { forbidden, invalid, invalidEach, notSupported, required } from '../validation/field.ts'
import { validateLabelSelector } from '../validation/labels.ts'

const protocols = ['TCP', 'UDP', 'SCTP']
const policyTypes = ['Ingress', 'Egress']

export const networkPolicies: Strategy<NetworkPolicy> = {
  resource: networkingV1.networkPolicies,
  default: defaultNetworkPolicy,
  prepareForCreate(policy) {
    policy.metadata.generation = 1
  },
  prepareForUpdate: bumpGenerationExactly,
  validateCreate: (policy) => validatePolicy(policy, new Set()),
  validateUpdate: (policy, old) => validatePolicy(policy, new Set(rangesOf(old))),
}

function rangesOf({ spec }: NetworkPolicy): string[] {
  const from = (spec?.ingress ?? []).flatMap((rule) => rule.from ?? [])
  const to = (spec?.egress ?? []).flatMap((rule) => rule.to ?? [])
  return [...from, ...to].flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : []))
}

/** `held`: ranges of the stored policy. */
function validatePolicy({ spec }: NetworkPolicy, held: ReadonlySet<string>): FieldError[] {
  const errors = validateLabelSelector('spec.podSelector', spec?.podSelector)
  for (const [index, rule] of (spec?.ingress ?? []).entries()) {
    const path = `spec.ingress[${index}]`
    errors.push(
      ...validatePorts(`${path}.ports`, rule.ports ?? []),
      ...validatePeers(`${path}.from`, rule.from ?? [], held),
    )
  }
  for (const [index, rule] of (spec?.egress ?? []).entries()) {
    const path = `spec.egress[${index}]`
    errors.push(
      ...validatePorts(`${path}.ports`, rule.ports ?? []),
      ...validatePeers(`${path}.to`, rule.to ?? [], held),
    )
  }
  const types = spec?.policyTypes ?? []
  if (types.length > policyTypes.length) {
    return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')]
  }
  for (const [index, type] of types.entries()) {
    if (!policyTypes.includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, policyTypes))
  }
  return errors
}

function validatePorts(path: string, ports: readonly NetworkPolicyPort[]): FieldError[] {
  return ports.flatMap((port, index) => validatePort(`${path}[${index}]`, port))
}

function validatePort(path: string, { protocol, port, endPort }: NetworkPolicyPort): FieldError[] {
  const errors: FieldError[] = []
  if (protocol !== undefined && !protocols.includes(protocol))
    errors.push(notSupported(`${path}.protocol`, protocol, protocols))
  if (typeof port === 'number') {
    errors.push(...invalidEach(`${path}.port`, port, isPortNumber(port)))
    if (endPort !== undefined) {
      if (endPort < port) errors.push(invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`'))
      errors.push(...invalidEach(`${path}.endPort`, endPort, isPortNumber(endPort)))
    }
  } else if (typeof port === 'string') {
    if (endPort !== undefined)
      errors.push(invalid(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'))
    errors.push(...invalidEach(`${path}.port`, port, isPortName(port)))
  } else if (endPort !== undefined) {
    errors.push(invalid(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified'))
  }
  return errors
}

function validatePeers(path: string, peers: readonly NetworkPolicyPeer[], held: ReadonlySet<string>): FieldError[] {
  return peers.flatMap((peer, index) => validatePeer(`${path}[${index}]`, peer, held))
}

function validatePeer(path: string, peer: NetworkPolicyPeer, held: ReadonlySet<string>): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const errors = [
    ...validateLabelSelector(`${path}.podSelector`, podSelector),
    ...validateLabelSelector(`${path}.namespaceSelector`, namespaceSelector),
  ]
  if (ipBlock) errors.push(...validateBlock(`${path}.ipBlock`, ipBlock, held))
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(path, 'must specify a peer'))
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'))
  }
  return errors
}

function validateBlock(
  path: string,
  { cidr = '', except = [] }: Partial<IPBlock>,
  held: ReadonlySet<string>,
): FieldError[] {
  if (cidr === '') return [required(`${path}.cidr`)]
  const broken = invalidEach(`${path}.cidr`, cidr, isCidr(cidr, held))
  if (broken.length > 0) return broken
  const isInside = cidrContains(cidr)
  const errors: FieldError[] = []
  for (let start = 0; start < except.length; start += exceptsOfPart) {
    const some = except.slice(start, start + exceptsOfPart)
    const each = (range: string, index: number) => exceptErrors(`${path}.except[${start + index}]`, range)
    errors.push(...part(exceptMicroseconds * some.length, () => some.flatMap(each)))
  }
  return errors

  function exceptErrors(at: string, range: string): FieldError[] {
    const wrong = isCidr(range, held)
    if (wrong.length > 0) return invalidEach(at, range, wrong)
    return isInside(range) ? [] : [invalid(at, range, 'must be a strict subset of `cidr`')]
  }
}

const exceptsOfPart = 500
const exceptMicroseconds = 10
