/** What an update of an object or of one of its subresources may change, and its rules. */
import { type FieldError, methodNotAllowed } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { isPathSegmentName } from '../../api/names.ts'
import { inTurns } from '../../platform/turn.ts'
import type { Gates } from '../scheme/feature-gates.ts'
import { keepSystemFields, unqualifiedFinalizers, validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { type Caller, computed, type Target } from './parts.ts'
import type { MetadataLook, WriteContext } from './strategy.ts'

type WithStatus = KubeObject & { status?: unknown }

/** Metadata that the status endpoint of a resource leaves alone. Source: each resource's status strategy. */
const keptByStatus: Readonly<Record<string, readonly ('labels' | 'ownerReferences' | 'all')[]>> = {
  'pods.': ['ownerReferences'],
  'deployments.apps': ['labels'],
  'volumeattachments.storage.k8s.io': ['all'],
  'flowschemas.flowcontrol.apiserver.k8s.io': ['all'],
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': ['all'],
  'validatingadmissionpolicies.admissionregistration.k8s.io': ['all'],
  'resourceclaims.resource.k8s.io': ['all'],
  'customresourcedefinitions.apiextensions.k8s.io': ['all'],
  'servicecidrs.networking.k8s.io': ['all'],
  'devicetaintrules.resource.k8s.io': ['all'],
  'resourcepoolstatusrequests.resource.k8s.io': ['all'],
  'podcertificaterequests.certificates.k8s.io': ['all'],
  'podgroups.scheduling.k8s.io': ['all'],
  'storageversionmigrations.storagemigration.k8s.io': ['all'],
}

/** Keeps what this endpoint may not change. In place, except that the result may be another object. */
export function prepareUpdate(target: Target, object: KubeObject, old: KubeObject, write: WriteContext): KubeObject {
  const { strategy } = target.served
  keepSystemFields(object.metadata, old.metadata)
  if (writesSpec(target)) {
    target.served.dropDisabled?.(object, old)
    strategy.prepareForUpdate?.(object, old, write)
    return object
  }
  if (target.subresource === 'status') {
    const prepared = onlyStatus(target, object, old)
    target.served.dropDisabled?.(prepared, old)
    strategy.status?.prepareForUpdate?.(prepared, old, write)
    return prepared
  }
  const rules = strategy.subresources?.[target.subresource]
  if (!rules) throw methodNotAllowed(target.served.resource, 'update')
  target.served.dropDisabled?.(object, old)
  rules.prepareForUpdate(object, old, write)
  return object
}

export async function validateUpdated(target: Target, { object, old, gates, caller }: Checked): Promise<FieldError[]> {
  const { resource, strategy } = target.served
  const { validateName, anyFinalizers = false } = strategy
  const rules = { namespaced: resource.namespaced, validateName, anyFinalizers }
  const changes = validateMetadataUpdate(object.metadata, old.metadata)
  const look = {
    whole: () => validateMetadata(object.metadata, rules),
    changes: () => (anyFinalizers ? changes : [...changes, ...unqualifiedFinalizers(object.metadata)]),
  }
  const looks = looksOf(target)
  const metadata = [
    ...validateMetadata(object.metadata, { ...rules, validateName: isPathSegmentName, anyFinalizers: true }),
    ...changes,
    ...looks.flatMap((how) => look[how]()),
  ]
  const own = (): FieldError[] => ownErrors(target, { object, old, gates }, metadata)
  const errors = [...metadata, ...(await computed(caller, own))]
  const isRuled = writesSpec(target) || target.subresource === 'status'
  if (strategy.rules && isRuled)
    errors.push(...(await inTurns(strategy.rules(object, old, { found: errors, warn: caller.warn }))))
  return errors
}

interface Checked extends Update {
  /** Is warned of what is not as it should be, and stays allowed because it was so before. */
  caller: Caller
}

function looksOf(target: Target): readonly MetadataLook[] {
  const { metadataOnUpdate, status } = target.served.strategy
  const looks = target.subresource === 'status' ? status?.metadataOnUpdate : undefined
  return looks ?? (writesSpec(target) ? metadataOnUpdate : undefined) ?? ['changes']
}

interface Update {
  object: KubeObject
  old: KubeObject
  gates: Gates
}

function ownErrors(target: Target, { object, old, gates }: Update, found: readonly FieldError[]): FieldError[] {
  const { strategy } = target.served
  const context = { found, gates }
  if (writesSpec(target)) return strategy.validateUpdate?.(object, old, context) ?? []
  if (target.subresource === 'status') return strategy.status?.validateUpdate?.(object, old, context) ?? []
  return strategy.subresources?.[target.subresource]?.validateUpdate(object, old, context) ?? []
}

/** A scale is another view of the object's own spec. */
export function writesSpec({ subresource }: Target): boolean {
  return subresource === '' || subresource === 'scale'
}

function onlyStatus(target: Target, object: WithStatus, old: WithStatus): KubeObject {
  const { group, plural } = target.served.resource
  const kept = target.served.custom ? (['all'] as const) : (keptByStatus[`${plural}.${group}`] ?? [])
  const prepared: WithStatus = { ...old, metadata: object.metadata }
  if (object.status === undefined) delete prepared.status
  else prepared.status = object.status
  if (kept.includes('all')) {
    const { resourceVersion, managedFields } = object.metadata
    prepared.metadata = {
      ...old.metadata,
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(managedFields ? { managedFields } : {}),
    }
  }
  for (const field of ['labels', 'ownerReferences'] as const) {
    if (kept.includes(field)) prepared.metadata = withField(prepared.metadata, old.metadata, field)
  }
  return prepared
}

function withField<M extends object, K extends keyof M>(metadata: M, old: M, field: K): M {
  const { [field]: _, ...rest } = metadata
  return (old[field] === undefined ? rest : { ...rest, [field]: old[field] }) as M
}
