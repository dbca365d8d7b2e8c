/**
 * Which checks a level has in a version. A later version than the newest known is the newest known.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import { baselineChecks } from './baseline.ts'
import { restrictedChecks } from './restricted.ts'
import type { Check, CheckedPod, VersionedCheck } from './violation.ts'

export const levels = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof levels)[number]

export interface LevelVersion {
  level: Level
  /** `latest` or `v1.28`. */
  version: string
}

/** The newest minor version with rules of its own. */
const newestMinor = 35

export const levelPattern = /^(privileged|baseline|restricted)$/
export const versionPattern = /^(latest|v1\.(0|[1-9][0-9]*))$/

export function textOf({ level, version }: LevelVersion): string {
  return `${level}:${version}`
}

/** What the pod does that the level forbids, as reasons and as `reason (detail)`; undefined when it passes. Pure. */
export function violations(policy: LevelVersion, pod: CheckedPod): { reasons: string; details: string } | undefined {
  const found = checksOf(policy).flatMap((check) => check(pod) ?? [])
  if (found.length === 0) return undefined
  return {
    reasons: found.map(({ reason }) => reason).join(', '),
    details: found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', '),
  }
}

function checksOf({ level, version }: LevelVersion): Check[] {
  const minor = version === 'latest' ? newestMinor : Math.min(newestMinor, Number(version.slice('v1.'.length)))
  if (level === 'privileged') return []
  const stricter = level === 'restricted' ? restrictedChecks : []
  const overridden = stricter.flatMap((check) => (at(check, minor) && check.overrides ? [check.overrides] : []))
  const baseline = baselineChecks.filter(({ id }) => !overridden.includes(id))
  return [...baseline, ...stricter].flatMap((check) => at(check, minor) ?? [])
}

function at({ since }: VersionedCheck, minor: number): Check | undefined {
  const from = Object.keys(since)
    .map(Number)
    .filter((version) => version <= minor)
  return from.length === 0 ? undefined : since[Math.max(...from)]
}
