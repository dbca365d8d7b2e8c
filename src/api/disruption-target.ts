/** The word that a pod gets before it is taken away, so that whoever owns it can tell a disruption from a failure. */
import type { Pod } from './types/core/v1.ts'

const type = 'DisruptionTarget'

/** A strategic merge patch of the status. It fails with a conflict when another pod has the name by now. */
export function disruptionPatch(
  { metadata, status }: Pod,
  cause: { reason: string; message: string },
  nowText: string,
): { metadata: object; status: object } {
  const { uid, generation } = metadata
  const known = (status?.conditions ?? []).filter((condition) => condition.type !== type)
  const condition = {
    ...{ type, status: 'True', ...cause, lastTransitionTime: nowText },
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  // Without an order what is new would come first.
  const order = [...known, { type }].map((one) => ({ type: one.type }))
  return { metadata: { uid }, status: { '$setElementOrder/conditions': order, conditions: [condition] } }
}
