/** Leases. Source: https://kubernetes.io/docs/concepts/architecture/leases/, KEP-4355 (coordinated leader election). */
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import { coordinationV1 } from '../../../api/resources.ts'
import type { Lease } from '../../../api/types/coordination/v1.ts'
import type { Strategy } from '../strategy.ts'
import { forbidden, invalid, invalidEach, nonNegative, notSupported } from '../validation/field.ts'

export const oldest = 'OldestEmulationVersion'

export const leases: Strategy<Lease> = {
  resource: coordinationV1.leases,
  anyFinalizers: true,
  validateCreate: validateLease,
  validateUpdate: validateLease,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
}

function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions, strategy, preferredHolder } = spec ?? {}
  const errors: FieldError[] = []
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'))
  }
  errors.push(...nonNegative('spec.leaseTransitions', leaseTransitions))
  if (strategy !== undefined) errors.push(...validateStrategy('spec.strategy.strategy', strategy))
  if (preferredHolder && !strategy) {
    errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'))
  }
  return errors
}

/** Kubernetes' own strategies have no prefix; those of others have one. */
export function validateStrategy(path: string, strategy: string): FieldError[] {
  if (strategy.includes('/')) return invalidEach(path, strategy, isQualifiedName(strategy))
  return strategy === oldest ? [] : [notSupported(path, strategy, [oldest])]
}
