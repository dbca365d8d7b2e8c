/**
 * A direct change of the stored object by the server itself (binding, eviction, disruption budgets): no admission and no
 * rules of the strategy, but the same optimistic write and managed fields.
 */
import { conflict, notFound } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { limits } from '../../limits.ts'
import { ownTurn } from '../../platform/turn.ts'
import { objectKey } from '../scheme/served.ts'
import { clone } from './clone.ts'
import { trackUpdate } from './field-ownership.ts'
import { type Caller, computed, type RegistryParts, type Target } from './parts.ts'
import { bytesToStore, currentOf, fromStored, storedOf } from './persistence.ts'
import { modifiedMessage } from './update.ts'
import { semanticEqual } from './validation/equal.ts'

export interface ChangeInput {
  target: Target
  caller: Caller
  dryRun: boolean
  /** Whether the caller becomes the manager of what it changed. Default true. */
  tracked?: boolean
  /** Changes the private object in place; called again when another write came between. */
  change(object: KubeObject): void
}

export async function changeStored(parts: RegistryParts, input: ChangeInput): Promise<KubeObject> {
  const { target, caller } = input
  const { served } = target
  let stored = await currentOf(parts, target)
  for (let attempt = 1; stored; attempt++) {
    const steps = stored.value.length < limits.pauseFromBytes ? {} : { pause: ownTurn }
    const old = fromStored(served, stored)
    await steps.pause?.()
    const object = clone(old)
    input.change(object)
    if (input.dryRun || semanticEqual(object, old)) return object
    const track = (): KubeObject => trackUpdate(parts, target, old, object, caller.manager)
    const tracked = input.tracked === false ? object : await computed(steps, track)
    await steps.pause?.()
    const key = objectKey(served, target.namespace, target.name)
    const value = await bytesToStore(served, tracked)
    const result = await parts.store.commit([{ op: 'put', key, value, expected: stored.revision }])
    if (result.ok) {
      tracked.metadata.resourceVersion = String(result.revision)
      return tracked
    }
    if (attempt >= limits.patchAttemptsMax) throw conflict(served.resource, target.name, modifiedMessage)
    stored = await storedOf(served, result.current)
  }
  throw notFound(served.resource, target.name)
}
