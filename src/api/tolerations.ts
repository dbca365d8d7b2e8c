/** Whether tolerations cover a taint. https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
import type { Taint, Toleration } from './types/core/v1.ts'

export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => matches(toleration, taint))
}

function matches(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator || 'Equal') {
    case 'Exists':
      return true
    case 'Equal':
      return toleration.key !== undefined && toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '')
    case 'Lt':
      return numbersCompare(taint.value, toleration.value, (taintValue, bound) => taintValue < bound)
    case 'Gt':
      return numbersCompare(taint.value, toleration.value, (taintValue, bound) => taintValue > bound)
    default:
      return false
  }
}

function numbersCompare(
  taintValue: string | undefined,
  bound: string | undefined,
  holds: (taintValue: bigint, bound: bigint) => boolean,
): boolean {
  const integer = /^-?(0|[1-9]\d*)$/
  if (!integer.test(taintValue ?? '') || !integer.test(bound ?? '')) return false
  return holds(BigInt(taintValue ?? ''), BigInt(bound ?? ''))
}
