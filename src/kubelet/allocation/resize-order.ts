/**
 * The order in which waiting resizes are judged: those that take nothing more first, then by priority, by class, and by
 * how long they have waited. Pure. Source: KEP-1287, "Priority of resize requests".
 */
import { qosClassOf } from '../../api/pod-qos.ts'
import { podRequests } from '../../api/pod-requests.ts'
import type { Pod } from '../../api/types/core/v1.ts'

export interface PendingResize {
  /** As it is to be. */
  desired: Pod
  /** As its resources are set aside. */
  allocated: Pod
  /** RFC 3339; undefined: not judged yet. */
  since: string | undefined
}

export function byPriority(left: PendingResize, right: PendingResize): number {
  const rank = (one: PendingResize): [number, number, number] => [
    asksForMore(one) ? 1 : 0,
    -(one.desired.spec?.priority ?? 0),
    qosClassOf(one.desired) === 'Guaranteed' ? 0 : 1,
  ]
  const [of, other] = [rank(left), rank(right)]
  for (const [index, value] of of.entries()) if (value !== other[index]) return value - (other[index] ?? 0)
  if (left.since === right.since) return 0
  if (left.since === undefined) return 1
  return right.since === undefined || left.since < right.since ? -1 : 1
}

function asksForMore({ desired, allocated }: Pick<PendingResize, 'desired' | 'allocated'>): boolean {
  const [wanted, has] = [podRequests(desired), podRequests(allocated)]
  return ['cpu', 'memory'].some((name) => (wanted.get(name) ?? 0) > (has.get(name) ?? 0))
}
