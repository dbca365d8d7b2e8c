/** How resources of a pod as a whole and of its containers fit together. Source: KEP-2837 (pod-level resources). */
import type { FieldError } from '../../../../api/errors.ts'
import { amountOf, podRequests } from '../../../../api/pod-requests.ts'
import {
  compareQuantities,
  parseQuantity,
  type QuantityFormat,
  quantityOfMilli,
  quantityOfWhole,
} from '../../../../api/quantity.ts'
import type { PodSpec } from '../../../../api/types/core/v1.ts'
import { invalid } from '../../validation/field.ts'

export function validatePodResourceConsistency(path: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const { resources: _podLevel, overhead: _overhead, ...containersOnly } = spec
  for (const [name, amount] of podRequests({ metadata: {}, spec: containersOnly })) {
    const granted = spec.resources?.requests?.[name]
    if (granted === undefined || amount <= amountOf(name, granted)) continue
    const shown = (name === 'cpu' ? quantityOfMilli : quantityOfWhole)(amount, formatOf(name, spec))
    const why = `must be greater than or equal to aggregate container requests of ${shown}`
    errors.push(invalid(`${path}.requests[${name}]`, granted, why))
  }
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const podLimit = spec.resources?.limits?.[name]
      if (podLimit === undefined || compareQuantities(limit, podLimit) <= 0) continue
      const why = `must be less than or equal to pod limits of ${podLimit}`
      errors.push(invalid(`${path}.containers[${index}][${name}].limits`, limit, why))
    }
  }
  return errors
}

/** A sum is written as the first of what it sums up. */
function formatOf(resource: string, { containers = [], initContainers = [] }: PodSpec): QuantityFormat {
  const asked = [...containers, ...initContainers].map(({ resources }) => resources?.requests?.[resource])
  return parseQuantity(asked.find((each) => each !== undefined) ?? '0').format
}
