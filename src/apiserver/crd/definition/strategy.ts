/**
 * CustomResourceDefinitions as the registry writes them.
 * Source: apiextensions-apiserver's `registry/customresourcedefinition/strategy.go`.
 */
import type { KubeObject } from '../../../api/meta.ts'
import { apiextensionsV1 } from '../../../api/resources.ts'
import type { CustomResourceDefinition } from '../../../api/types/apiextensions/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import type { Strategy } from '../../registry/strategy.ts'
import { withCondition } from './conditions.ts'
import { sameSpec } from './lifted.ts'
import { validateDefinition, validateDefinitionUpdate, validateStatus } from './validation.ts'
import { definitionWarnings } from './warnings.ts'

/** Its instances go first, and it with the last of them. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

export const customResourceDefinitions: Strategy<CustomResourceDefinition> = {
  resource: apiextensionsV1.customResourceDefinitions,
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default: setDefaults,
  prepareForCreate(definition) {
    definition.metadata.generation = 1
    definition.status = { storedVersions: storageVersions(definition) }
  },
  prepareForUpdate(definition, old) {
    definition.status = structuredClone(old.status ?? {})
    if (!sameSpec(definition.spec, old.spec)) definition.metadata.generation = (old.metadata.generation ?? 0) + 1
    const stored = definition.status.storedVersions ?? []
    const added = storageVersions(definition).filter((version) => !stored.includes(version))
    definition.status.storedVersions = [...stored, ...added]
  },
  validateCreate: (definition) => [...nameErrors(definition), ...validateDefinition(definition)],
  validateUpdate: (definition, old) => validateDefinitionUpdate(definition, old),
  warnings: (definition, old) => definitionWarnings(definition, old),
  status: {
    prepareForUpdate(definition, old) {
      definition.spec = old.spec
    },
    validateUpdate: (definition) => validateStatus(definition),
  },
  prepareForDelete(definition, nowMs) {
    const { metadata } = definition
    metadata.deletionTimestamp = rfc3339(nowMs)
    if (!metadata.finalizers?.includes(cleanupFinalizer))
      metadata.finalizers = [...(metadata.finalizers ?? []), cleanupFinalizer]
    const pending = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    } as const
    const conditions = withCondition(definition.status?.conditions ?? [], pending, nowMs)
    definition.status = { ...definition.status, conditions: [...conditions] }
  },
}

function setDefaults(definition: CustomResourceDefinition): void {
  definition.spec ??= {} as CustomResourceDefinition['spec']
  const { spec } = definition
  const { names } = spec
  if (names) {
    if (!names.singular) names.singular = (names.kind ?? '').toLowerCase()
    if (!names.listKind && names.kind) names.listKind = `${names.kind}List`
  }
  spec.conversion ??= { strategy: 'None' }
  const service = spec.conversion.webhook?.clientConfig?.service
  if (service) service.port ??= 443
  const stored = definition.status?.storedVersions ?? []
  if (stored.length === 0) definition.status = { ...definition.status, storedVersions: storageVersions(definition) }
}

function storageVersions({ spec }: CustomResourceDefinition): string[] {
  const storage = (spec.versions ?? []).find((version) => version.storage)
  return storage ? [storage.name] : []
}

/** The name is made of the plural and the group, so that no two definitions are of the same resource. */
function nameErrors({ metadata, spec }: CustomResourceDefinition): ReturnType<typeof validateDefinition> {
  const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`
  const detail = 'must be spec.names.plural+"."+spec.group'
  return (['generateName', 'name'] as const).flatMap((field) => {
    const name = metadata[field]
    return !name || name === wanted
      ? []
      : [{ type: 'Invalid', path: `metadata.${field}`, value: name, detail } as const]
  })
}

export function asDefinition(object: KubeObject): CustomResourceDefinition {
  return object as CustomResourceDefinition
}
