/** Which token Secrets are left, marked as invalid or deleted, when nobody used them for long. */
import { dayMs, isTokenOf, legacyTokenLabels } from '../../api/legacy-tokens.ts'
import type { Secret, ServiceAccount } from '../../api/types/core/v1.ts'

const oneDayMs = 86_400_000

export type CleanUp = 'keep' | 'mark' | 'delete'

export interface CleanUpFacts {
  /** The account that the Secret names, if it is there. */
  account: ServiceAccount | undefined
  /** Whether a pod mounts or reads it. */
  inUse: boolean
  nowMs: number
  /** Unused for longer than this, it is marked; marked for longer, it goes. */
  periodMs: number
}

/** Pure. Only tokens that were made by themselves are cleared: those that their account lists. */
export function cleanUpOf(secret: Secret, { account, inUse, nowMs, periodMs }: CleanUpFacts): CleanUp {
  const { name, labels = {}, creationTimestamp = '', deletionTimestamp } = secret.metadata
  const sinceMs = nowMs - periodMs
  if (deletionTimestamp || !(Date.parse(creationTimestamp) < sinceMs)) return 'keep'
  const used = labels[legacyTokenLabels.lastUsed]
  if (used !== undefined && isRecent(used, sinceMs) !== false) return 'keep'
  const listed = account && isTokenOf(secret, account) && account.secrets?.some((one) => one.name === name)
  if (!listed || inUse) return 'keep'
  const invalid = isRecent(labels[legacyTokenLabels.invalidSince], sinceMs)
  if (invalid === undefined) return 'mark'
  return invalid ? 'keep' : 'delete'
}

/** Whether the day is that of `sinceMs` or later; undefined when it is no day. */
function isRecent(day: string | undefined, sinceMs: number): boolean | undefined {
  const ms = dayMs(day)
  return ms === undefined ? undefined : ms >= Math.floor(sinceMs / oneDayMs) * oneDayMs
}

/** Whether uses have been written down for the whole period: from the day after they began to be. */
export function tracksLongEnough(
  since: string | undefined,
  { nowMs, periodMs }: { nowMs: number; periodMs: number },
): boolean {
  const beganMs = dayMs(since)
  return beganMs !== undefined && nowMs >= beganMs + oneDayMs + periodMs
}
