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
import { goSchema } from './go-schema.ts'

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

const parts = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const

export function lift({ versions = [] }: CustomResourceDefinitionSpec): Lifted {
  const [first] = versions
  if (!first) return { common: {}, versions }
  const common: VersionParts = {}
  const own = versions.map((version) => ({ ...version }))
  for (const part of parts) {
    if (!versions.every((version) => semanticEqual(version[part], first[part]))) continue
    if (first[part] !== undefined) Object.assign(common, { [part]: first[part] })
    for (const version of own) delete version[part]
  }
  return { common, versions: own }
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
    Subresources: version.subresources ?? null,
    AdditionalPrinterColumns: version.additionalPrinterColumns ?? null,
    SelectableFields: version.selectableFields ?? null,
  }))
}
