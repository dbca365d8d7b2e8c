/** Server-side apply's bookkeeping (`metadata.managedFields`) as the registry calls it. */
import { applyPatch } from '../../api/apply/apply.ts'
import type { ApplyContext, Phase } from '../../api/apply/context.ts'
import { resetFields } from '../../api/apply/reset-fields.ts'
import { keepUnchangedTimes, updateManagedFields } from '../../api/apply/update.ts'
import { withoutOmittedEmpties } from '../../api/codec/empties.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { part } from '../../platform/turn.ts'
import { ownViews, type VersionViews } from './converted-owners.ts'
import type { RegistryParts, Target } from './parts.ts'

type Time = Pick<RegistryParts, 'clock'>

/** The manager of what the server writes by itself. */
export const serverManager = 'kube-apiserver'

/** A copy of `updated` that says who owns what after this write. Computes only; see `inParts`. */
export function trackUpdate(
  parts: Time,
  target: Target,
  live: KubeObject | undefined,
  updated: KubeObject,
  manager: string,
  views: VersionViews = ownViews(target.served),
): KubeObject {
  const { custom, type } = target.served
  const written = custom ? updated : phase(() => withoutOmittedEmpties(type, updated))
  // An empty list says that nobody shall own anything any more.
  const { managedFields } = updated.metadata
  if (managedFields?.length === 0) written.metadata.managedFields = managedFields
  const tracked = updateManagedFields({ ...contextOf(parts, target, views), live, updated: written, manager, phase })
  return written === updated ? tracked : withManagedFields(updated, tracked)
}

/** A rule may name what is there but empty, so the object that goes on keeps it. */
function withManagedFields(updated: KubeObject, { metadata: { managedFields } }: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = updated.metadata
  return { ...updated, metadata: { ...metadata, ...(managedFields ? { managedFields } : {}) } }
}

/** The live object with the applied configuration merged in, not yet defaulted. Computes only; see `inParts`. */
export function applied(
  parts: Time,
  target: Target,
  live: KubeObject | undefined,
  request: { patch: unknown; manager: string; force: boolean },
  views: VersionViews = ownViews(target.served),
): KubeObject {
  return applyPatch<KubeObject>({ ...contextOf(parts, target, views), live, ...request, phase })
}

/** Of a large object each is enough for one turn. */
const phase: Phase = (make) => part(10_000, make)

/** A write that changes only times in managed fields changes nothing. */
export function withUnchangedTimes(live: KubeObject, updated: KubeObject): KubeObject {
  return keepUnchangedTimes(live, updated)
}

function contextOf(parts: Time, { served, subresource }: Target, version: VersionViews): ApplyContext {
  const { resource } = served
  const { group, plural } = resource
  const hasStatus = served.subresources.has('status')
  const ignored = resetFields({ group, plural, hasStatus, custom: served.custom, subresource })
  return {
    type: served.type,
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    subresource,
    now: rfc3339(parts.clock.nowMs()),
    ...(ignored ? { ignored } : {}),
    version,
  }
}
