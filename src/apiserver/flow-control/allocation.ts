/**
 * Divides the server's seats among the priority levels: what each is due, and what it may lend and borrow by what was
 * wanted lately. Pure. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#seat-borrowing
 */
import type { PriorityLevelConfigurationSpec } from '../../api/types/flowcontrol/v1.ts'

export interface Limits {
  nominal: number
  /** What it keeps however much others want. */
  min: number
  /** What it gets however little others want. */
  max: number
}

/** Of all levels, by name. */
export function limitsOf(
  levels: ReadonlyMap<string, PriorityLevelConfigurationSpec>,
  serverSeats: number,
): Map<string, Limits> {
  let sharesSum = 0
  for (const spec of levels.values()) sharesSum += sharesOf(spec)
  return new Map(
    [...levels].map(([name, spec]) => {
      const nominal = sharesSum === 0 ? 0 : Math.ceil((serverSeats * sharesOf(spec)) / sharesSum)
      const { lendablePercent = 0 } = spec.limited ?? spec.exempt ?? {}
      const borrowingPercent = spec.limited?.borrowingLimitPercent
      const lendable = Math.round((nominal * lendablePercent) / 100)
      const borrowing = borrowingPercent === undefined ? serverSeats : Math.round((nominal * borrowingPercent) / 100)
      return [
        name,
        { nominal, min: nominal - lendable, max: spec.type === 'Exempt' ? serverSeats : nominal + borrowing },
      ]
    }),
  )
}

/** Source: the defaults of the two kinds of level. */
function sharesOf({ type, limited, exempt }: PriorityLevelConfigurationSpec): number {
  return type === 'Exempt' ? (exempt?.nominalConcurrencyShares ?? 0) : (limited?.nominalConcurrencyShares ?? 30)
}

export interface Claim {
  lower: number
  upper: number
  /** Not less than `lower`. */
  target: number
}

const targetMin = 0.001

/**
 * Shares of `sum` that are the same multiple of their targets, except where their bounds hold them back. Undefined when
 * the bounds leave no such shares.
 */
export function allocated(
  sum: number,
  claims: readonly Claim[],
): { shares: number[]; fairProportion: number } | undefined {
  const total = (proportion: number) => claims.reduce((all, claim) => all + share(claim, proportion), 0)
  if (total(0) > sum + 1e-7 || claims.reduce((all, { upper }) => all + upper, 0) < sum - 1e-7) return undefined
  let low = 0
  let high = Math.max(...claims.map(({ upper, target }) => upper / Math.max(target, targetMin)))
  // The total grows with the proportion: halving finds it.
  for (let step = 0; step < 100 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2
    if (total(middle) < sum) low = middle
    else high = middle
  }
  return { shares: claims.map((claim) => share(claim, high)), fairProportion: high }
}

function share({ lower, upper, target }: Claim, proportion: number): number {
  return Math.max(lower, Math.min(upper, proportion * Math.max(target, targetMin)))
}
