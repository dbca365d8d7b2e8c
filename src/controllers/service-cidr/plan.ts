/**
 * A ServiceCIDR is ready as long as it is not being deleted, and goes only when no address is left that no other
 * ServiceCIDR holds. Source: KEP-1880 (multiple service CIDRs).
 */
import { containsCidr } from '../../api/addresses.ts'
import type { Condition } from '../../api/types/meta/v1.ts'
import type { IPAddress, ServiceCIDR } from '../../api/types/networking/v1.ts'

export const finalizer = 'networking.k8s.io/service-cidr-finalizer'

/** Allocators hear of the deletion in the meantime and take no more addresses from it. */
export const deletionGraceMs = 10_000

export type CidrPlan =
  | { kind: 'none' }
  /** Guard it by the finalizer. */
  | { kind: 'guard' }
  | { kind: 'condition'; condition: Omit<Condition, 'lastTransitionTime'> }
  /** Still too early to let it go. */
  | { kind: 'wait'; delayMs: number }
  | { kind: 'release' }

/** Pure. */
export function planCidr(
  cidr: ServiceCIDR,
  others: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
  nowMs: number,
): CidrPlan {
  const { deletionTimestamp, finalizers = [] } = cidr.metadata
  if (!deletionTimestamp) {
    return finalizers.includes(finalizer)
      ? stating(cidr, 'True', '', 'Kubernetes Service CIDR is ready')
      : { kind: 'guard' }
  }
  if (!finalizers.includes(finalizer)) return { kind: 'none' }
  if (isNeeded(cidr, others, addresses)) {
    const why =
      'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'
    return stating(cidr, 'False', 'Terminating', why)
  }
  const delayMs = Date.parse(deletionTimestamp) + deletionGraceMs - nowMs
  return delayMs > 0 ? { kind: 'wait', delayMs } : { kind: 'release' }
}

function stating({ status }: ServiceCIDR, state: string, reason: string, message: string): CidrPlan {
  const present = status?.conditions?.find(({ type }) => type === 'Ready')
  if (present?.status === state && (state === 'True' || present.message === message)) return { kind: 'none' }
  return { kind: 'condition', condition: { type: 'Ready', status: state, reason, message } }
}

function isNeeded(
  { metadata, spec }: ServiceCIDR,
  all: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
): boolean {
  const own = spec?.cidrs ?? []
  const others = all
    .filter((other) => other.metadata.name !== metadata.name && !other.metadata.deletionTimestamp)
    .flatMap((other) => other.spec?.cidrs ?? [])
  return addresses.some(({ metadata: { name = '' } }) => {
    const holds = (range: string) => containsCidr(range, name)
    return own.some(holds) && !others.some(holds)
  })
}
