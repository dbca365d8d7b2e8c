/**
 * A definition's spec as upstream's rules see it: what all versions have alike stands once, beside them, and errors name
 * it there (`spec.validation.openAPIV3Schema` rather than `spec.versions[0].schema.openAPIV3Schema`).
 *
 * Source: apiextensions-apiserver's `apis/apiextensions/v1/conversion.go`.
 */
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from '../../../api/types/apiextensions/v1.ts'
import { semanticEqual } from '../../registry/validation/equal.ts'
import { goSchema, sameSchema } from './go-schema.ts'

/** What of a version may be lifted. */
export interface VersionParts {
  schema?: CustomResourceValidation
  subresources?: CustomResourceSubresources
  additionalPrinterColumns?: CustomResourceColumnDefinition[]
  selectableFields?: SelectableField[]
}

export interface Lifted {
  /** Stands for all versions. */
  common: VersionParts
  versions: readonly CustomResourceDefinitionVersion[]
}

const isSame: Readonly<Record<keyof VersionParts, (one: VersionParts, other: VersionParts) => boolean>> = {
  schema: ({ schema: one }, { schema: other }) =>
    (one === undefined) === (other === undefined) && sameSchema(one?.openAPIV3Schema, other?.openAPIV3Schema),
  subresources: (one, other) => semanticEqual(one.subresources, other.subresources),
  additionalPrinterColumns: (one, other) => semanticEqual(one.additionalPrinterColumns, other.additionalPrinterColumns),
  selectableFields: (one, other) => semanticEqual(one.selectableFields, other.selectableFields),
}

const parts = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

export function lift({ versions = [] }: CustomResourceDefinitionSpec): Lifted {
  const [first] = versions
  if (!first) return { common: {}, versions }
  const common: VersionParts = {}
  const own = versions.map((version) => ({ ...version }))
  for (const part of parts) {
    if (!versions.every((version) => version === first || isSame[part](version, first))) continue
    if (first[part] !== undefined) Object.assign(common, { [part]: first[part] })
    for (const version of own) delete version[part]
  }
  return { common, versions: own }
}

/** Whether a change of the one to the other is none: empty lists and maps are as good as absent ones. */
export function sameSpec(one: CustomResourceDefinitionSpec, other: CustomResourceDefinitionSpec): boolean {
  const { versions = [], ...rest } = one
  const { versions: before = [], ...held } = other
  if (!semanticEqual(rest, held) || versions.length !== before.length) return false
  return versions.every((version, index) => {
    const old = before[index] as CustomResourceDefinitionVersion
    return isSame.schema(version, old) && semanticEqual({ ...version, schema: {} }, { ...old, schema: {} })
  })
}

/** Versions as Go prints them in messages; null when there are none. */
export function goVersions(versions: readonly CustomResourceDefinitionVersion[]): unknown {
  return versions.map((version) => ({
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: version.schema ? { OpenAPIV3Schema: goSchema(version.schema.openAPIV3Schema) } : null,
    Subresources: version.subresources ? goSubresources(version.subresources) : null,
    AdditionalPrinterColumns: version.additionalPrinterColumns?.map(goColumn) ?? null,
    SelectableFields: version.selectableFields?.map(({ jsonPath }) => ({ JSONPath: jsonPath ?? '' })) ?? null,
  }))
}

function goSubresources({ status, scale }: CustomResourceSubresources): object {
  return {
    Status: status ? {} : null,
    Scale: scale
      ? {
          SpecReplicasPath: scale.specReplicasPath ?? '',
          StatusReplicasPath: scale.statusReplicasPath ?? '',
          LabelSelectorPath: scale.labelSelectorPath ?? null,
        }
      : null,
  }
}

function goColumn(column: CustomResourceColumnDefinition): object {
  const { name = '', type = '', format = '', description = '', priority = 0, jsonPath = '' } = column
  return { Name: name, Type: type, Format: format, Description: description, Priority: priority, JSONPath: jsonPath }
}
