/**
 * Clients of custom resources whose types come from the schema of their definition, without a generator: what is written
 * as a constant in TypeScript is inferred.
 *
 *     const crontabs = { spec: { group: 'example.com', … } } as const satisfies CustomDefinition
 *     await cluster.client.custom(crontabs, 'v1')('default').create({ metadata: { name: 'a' }, spec: { cron: '…' } })
 */
import type { KubeObject, Resource } from '../api/meta.ts'

/** What is read of a CustomResourceDefinition; one that was made for `apply` fits. */
export interface CustomDefinition {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: object
  readonly spec: {
    readonly group: string
    readonly scope: string
    readonly names: CustomNames
    readonly versions: readonly CustomVersion[]
    readonly conversion?: object
  }
}

interface CustomNames {
  readonly plural: string
  readonly kind: string
  readonly singular?: string
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

interface CustomVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly schema?: { readonly openAPIV3Schema?: unknown }
  readonly subresources?: object
  readonly additionalPrinterColumns?: readonly object[]
  readonly selectableFields?: readonly object[]
  readonly deprecated?: boolean
  readonly deprecationWarning?: string
}

/** An object of one version of the definition: metadata, and the fields that its schema describes. */
export type CustomObject<Definition extends CustomDefinition, Version extends string = string> = KubeObject &
  Omit<FromSchema<SchemaOf<Definition, Version>>, keyof KubeObject>

export type VersionOf<Definition extends CustomDefinition> = Definition['spec']['versions'][number]['name']

type SchemaOf<Definition extends CustomDefinition, Version> =
  Extract<Definition['spec']['versions'][number], { readonly name: Version }> extends {
    readonly schema: { readonly openAPIV3Schema: infer Schema }
  }
    ? Schema
    : unknown

/** The type of values that a structural schema allows. */
export type FromSchema<Schema> = Schema extends { readonly nullable: true }
  ? FromSchema<Omit<Schema, 'nullable'>> | null
  : Schema extends { readonly 'x-kubernetes-int-or-string': true }
    ? number | string
    : Schema extends { readonly enum: readonly (infer Value)[] }
      ? Value
      : Schema extends { readonly type: 'string' }
        ? string
        : Schema extends { readonly type: 'integer' | 'number' }
          ? number
          : Schema extends { readonly type: 'boolean' }
            ? boolean
            : Schema extends { readonly type: 'array'; readonly items: infer Items }
              ? FromSchema<Items>[]
              : Schema extends { readonly type: 'object' }
                ? FromObject<Schema>
                : unknown

type FromObject<Schema> = Schema extends { readonly properties: infer Properties }
  ? Shown<
      { -readonly [Name in keyof Properties as Name & RequiredOf<Schema>]: FromSchema<Properties[Name]> } & {
        -readonly [Name in keyof Properties as Exclude<Name, RequiredOf<Schema>>]?: FromSchema<Properties[Name]>
      }
    >
  : Schema extends { readonly additionalProperties: infer Value }
    ? Record<string, FromSchema<Value>>
    : Record<string, unknown>

type RequiredOf<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never

/** One object type instead of an intersection, in what editors show. */
type Shown<T> = { [Name in keyof T]: T[Name] }

/** Default: the version in which objects are stored. Throws when the definition has no such version. */
export function customResource<const Definition extends CustomDefinition, Version extends VersionOf<Definition>>(
  { spec }: Definition,
  version?: Version,
): Resource<CustomObject<Definition, Version>> {
  const found = spec.versions.find(({ name, storage }) => (version === undefined ? storage : name === version))
  if (!found) throw new Error(`${spec.names.plural}.${spec.group} has no version ${version ?? 'to store'}`)
  const { plural, kind, singular = kind.toLowerCase() } = spec.names
  const names = { plural, kind, singular }
  return { group: spec.group, version: found.name, ...names, namespaced: spec.scope === 'Namespaced' }
}
