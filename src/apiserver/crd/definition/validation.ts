/**
 * The rules of a definition. Texts and their order are upstream's.
 * Source: apiextensions-apiserver's `apis/apiextensions/validation/validation.go`.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../../api/names.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from '../../../api/types/apiextensions/v1.ts'
import { invalid, messages, required, requiredOneOf } from '../../registry/validation/field.ts'
import { schemasOf, someSchema } from '../schema/visit.ts'
import { validateApproval } from './approval.ts'
import { isTrue } from './conditions.ts'
import { validateConversion } from './conversion-rules.ts'
import { sameSchema } from './go-schema.ts'
import { goVersions, type Lifted, lift, type VersionParts } from './lifted.ts'
import { validateNames } from './names.ts'
import { isTightened, type SchemaOptions, validateSchema } from './schema-rules.ts'
import { validateColumns, validateSelectableFields, validateSubresources } from './version-rules.ts'

export function validateDefinition(definition: CustomResourceDefinition): FieldError[] {
  const options: Options = { schemaRequired: true, recognizedReview: true, anyCaBundle: true, unchanged: new Set() }
  return [...specErrors(definition.spec, options), ...commonErrors(definition)]
}

export function validateDefinitionUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): FieldError[] {
  const { spec } = definition
  const errors = specErrors(spec, updateOptions(definition, old))
  const immutable = (path: string, value: unknown, before: unknown): void => {
    if (value !== before) errors.push(invalid(`spec.${path}`, value ?? '', messages.immutable))
  }
  if (isTrue(old, 'Established')) {
    immutable('scope', spec.scope, old.spec.scope)
    immutable('names.kind', spec.names?.kind, old.spec.names.kind)
  }
  immutable('group', spec.group, old.spec.group)
  immutable('names.plural', spec.names?.plural, old.spec.names.plural)
  return [...errors, ...commonErrors(definition, old)]
}

export function validateStatus({ status }: CustomResourceDefinition): FieldError[] {
  return status?.acceptedNames ? validateNames(status.acceptedNames, 'status.acceptedNames') : []
}

interface Options {
  schemaRequired: boolean
  recognizedReview: boolean
  anyCaBundle: boolean
  /** Versions whose schema is as it was: what was accepted before stays so. */
  unchanged: ReadonlySet<string>
  old?: CustomResourceDefinitionSpec
}

function updateOptions({ spec }: CustomResourceDefinition, old: CustomResourceDefinition): Options {
  const before = old.spec.versions
  const isUnchanged = ({ name, schema }: CustomResourceDefinitionVersion): boolean =>
    before.some((each) => each.name === name && sameSchema(each.schema?.openAPIV3Schema, schema?.openAPIV3Schema))
  const reviews = old.spec.conversion?.webhook?.conversionReviewVersions ?? []
  return {
    schemaRequired: before.every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    recognizedReview: reviews.length === 0 || reviews.some((version) => version === 'v1' || version === 'v1beta1'),
    anyCaBundle: !isTrue(old, 'Established'),
    unchanged: new Set((spec.versions ?? []).filter(isUnchanged).map(({ name }) => name)),
    old: old.spec,
  }
}

function commonErrors(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  return [
    ...validateStatus(definition),
    ...storedVersionErrors(definition),
    ...validateApproval(definition, old),
    ...preserveErrors(definition, old),
  ]
}

function specErrors(spec: CustomResourceDefinitionSpec, options: Options): FieldError[] {
  const lifted = lift(spec)
  const { common, versions } = lifted
  const statusAnywhere = spec.versions?.some(({ subresources }) => subresources?.status) ?? false
  const known = schemaOptions(options, spec.versions?.[0]?.name ?? '')
  return [
    ...groupErrors(spec.group ?? ''),
    ...requiredOneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...(options.schemaRequired ? missingSchemas(lifted) : []),
    ...versions.flatMap((version, index) => versionErrors(lifted, version, index, options)),
    ...versionListErrors(lifted, spec.versions !== undefined),
    ...firstVersionErrors(spec.versions?.[0]?.name ?? ''),
    ...requiredNames(spec),
    ...(spec.names ? validateNames(spec.names, 'spec.names') : []),
    ...schemaErrors(common, 'spec.validation', statusAnywhere, known),
    ...validateSubresources(common.subresources, 'spec.subresources'),
    ...validateColumns(common.additionalPrinterColumns, 'spec.additionalPrinterColumns'),
    ...commonSelectableErrors(common),
    ...validateConversion(spec.conversion, options),
  ]
}

function schemaOptions({ old, unchanged }: Options, version: string): SchemaOptions {
  const before = old ? schemasOf(old) : []
  return { ...isTightened(before), anyCost: unchanged.has(version) }
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const problems = isDns1123Subdomain(group)
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))]
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')]
}

/** Upstream still has the field of the days of one version, and fills it from the first. */
function firstVersionErrors(name: string): FieldError[] {
  const problems = name === '' ? [] : isDns1035Label(name)
  return problems.length > 0 ? [invalid('spec.version', name, problems.join(','))] : []
}

function missingSchemas({ common, versions }: Lifted): FieldError[] {
  if (common.schema?.openAPIV3Schema) return []
  return versions.flatMap(({ schema }, index) =>
    schema?.openAPIV3Schema ? [] : [required(`spec.versions[${index}].schema.openAPIV3Schema`)],
  )
}

function versionErrors(
  { common }: Lifted,
  version: CustomResourceDefinitionVersion,
  index: number,
  options: Options,
): FieldError[] {
  const path = `spec.versions[${index}]`
  const { name = '', subresources } = version
  const problems = isDns1035Label(name)
  const hasStatus = (subresources ?? common.subresources)?.status !== undefined
  return [
    ...(problems.length > 0 ? [invalid(`${path}.name`, name, problems.join(','))] : []),
    ...deprecationErrors(version, `${path}.deprecationWarning`),
    ...schemaErrors(version, `${path}.schema`, hasStatus, schemaOptions(options, name)),
    ...validateSubresources(subresources, `${path}.subresources`),
    ...validateColumns(version.additionalPrinterColumns, `${path}.additionalPrinterColumns`),
    ...versionSelectableErrors(version, `${path}.selectableFields`),
  ]
}

function schemaErrors(
  { schema }: VersionParts,
  path: string,
  hasStatus: boolean,
  options: SchemaOptions,
): FieldError[] {
  const root = schema?.openAPIV3Schema
  return root ? validateSchema(root, `${path}.openAPIV3Schema`, hasStatus, options) : []
}

function versionSelectableErrors({ schema, selectableFields = [] }: VersionParts, path: string): FieldError[] {
  if (selectableFields.length === 0) return []
  const root = schema?.openAPIV3Schema
  if (!root) return [invalid(path, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')]
  return validateSelectableFields(selectableFields, root, path)
}

function commonSelectableErrors({ schema, selectableFields = [] }: VersionParts): FieldError[] {
  const path = 'spec.selectableFields'
  if (selectableFields.length === 0) return []
  if (!schema) return [invalid(path, '', 'may only be set when validations.schema is included')]
  return validateSelectableFields(selectableFields, schema.openAPIV3Schema ?? {}, path)
}

function deprecationErrors(
  { deprecated, deprecationWarning: warning }: CustomResourceDefinitionVersion,
  path: string,
): FieldError[] {
  if (warning === undefined || warning === null) return []
  if (!deprecated) return [invalid(path, warning, 'can only be set for deprecated versions')]
  const errors: FieldError[] = []
  if (Buffer.byteLength(warning) > 256) errors.push(invalid(path, warning, 'must be <= 256 characters long'))
  if (warning === '') errors.push(invalid(path, warning, 'must not be an empty string'))
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(warning)
  if (unprintable) {
    const at = Buffer.byteLength(warning.slice(0, unprintable.index))
    const detail = `must only contain printable UTF-8 characters; non-printable character found at index ${at}`
    errors.push(invalid(path, warning, detail))
  }
  return errors
}

function versionListErrors({ versions }: Lifted, given: boolean): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (detail: string) => errors.push(invalid('spec.versions', given ? goVersions(versions) : null, detail))
  if (new Set(versions.map(({ name }) => name)).size < versions.length) refuse('must contain unique version names')
  if (versions.filter(({ storage }) => storage).length !== 1)
    refuse('must have exactly one version marked as storage version')
  return errors
}

function requiredNames({ names }: CustomResourceDefinitionSpec): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((field) => !names?.[field])
    .map((field) => required(`spec.names.${field}`))
}

function storedVersionErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = status?.storedVersions ?? []
  if (stored.length === 0) return [invalid(path, null, 'must have at least one stored version')]
  const left = new Map(stored.map((version, index) => [version, index]))
  const errors: FieldError[] = []
  for (const { name, storage } of spec.versions ?? []) {
    if (!left.delete(name) && storage) errors.push(invalid(path, stored, `must have the storage version ${name}`))
  }
  for (const [version, index] of left) {
    const detail = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`
    errors.push(invalid(`${path}[${index}]`, version, detail))
  }
  return errors
}

function preserveErrors({ spec }: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (!spec.preserveUnknownFields || old?.spec.preserveUnknownFields) return []
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  const errors = [invalid('spec.preserveUnknownFields', true, detail)]
  const hasDefaults = schemasOf(spec).some((schema) => someSchema(schema, (each) => each.default !== undefined))
  if (hasDefaults)
    errors.unshift(invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'))
  return errors
}
