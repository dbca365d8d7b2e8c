/** Asks for all objects of a resource to be written anew. Source: KEP-4192. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../../api/names.ts'
import { storagemigrationV1beta1 } from '../../../api/resources.ts'
import type { StorageVersionMigration } from '../../../api/types/storagemigration/v1beta1.ts'
import { dropStatus, keepSpec, restoreStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, invalidEach, messages, required } from '../validation/field.ts'

type Migration = StorageVersionMigration

const ends = ['Succeeded', 'Failed']

export const storageVersionMigrations: Strategy<Migration> = {
  resource: storagemigrationV1beta1.storageVersionMigrations,
  allowUnconditionalUpdate: false,
  prepareForCreate: dropStatus,
  prepareForUpdate: restoreStatus,
  validateCreate: validateMigration,
  validateUpdate(migration, old) {
    const errors = validateMigration(migration)
    if (semanticEqual(migration.spec, old.spec)) return errors
    return [...errors, invalid('spec', migration.spec ?? null, messages.immutable)]
  },
  status: { prepareForUpdate: keepSpec, validateUpdate: validateProgress },
}

function validateMigration({ spec }: Migration): FieldError[] {
  const { group = '', resource = '' } = spec?.resource ?? {}
  const errors: FieldError[] = []
  if (group !== '') errors.push(...invalidEach('spec.resource.group', group, isDns1123Subdomain(group)))
  if (resource === '') return [...errors, required('spec.resource.resource')]
  return [...errors, ...invalidEach('spec.resource.resource', resource, isDns1035Label(resource))]
}

function validateProgress({ status }: Migration, old: Migration): FieldError[] {
  const isSet = (migration: Migration, type: string) =>
    migration.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
  const errors: FieldError[] = []
  const version = status?.resourceVersion ?? ''
  const before = old.status?.resourceVersion ?? ''
  if (version !== '' && !/^\d+$/.test(version)) {
    errors.push(invalid('status.resourceVersion', version, 'resource version must be a positive integer'))
  }
  if (before !== '' && version !== before) {
    errors.push(invalid('status.resourceVersion', version, messages.immutable))
  }
  if (ends.every((type) => isSet({ metadata: {}, status } as Migration, type))) {
    const why = 'Both success and failed conditions cannot be true at the same time'
    errors.push(invalid('status.conditions', status?.conditions, why))
  }
  for (const type of ends) {
    if (isSet(old, type) && !isSet({ metadata: {}, status } as Migration, type)) {
      errors.push(forbidden('status.conditions', `${type} condition cannot be set to false once it is true`))
    }
  }
  return errors
}
