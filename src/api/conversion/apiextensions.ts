/**
 * CustomResourceDefinitions as kube-apiserver stores them, in `apiextensions.k8s.io/v1beta1`, read as v1: what v1beta1
 * says once for all versions is said for each.
 * Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/#customresourcedefinition-v122
 */
import type { KubeObject } from '../meta.ts'

interface V1beta1Spec {
  version?: string
  versions?: Record<string, unknown>[]
  validation?: { openAPIV3Schema?: unknown }
  subresources?: unknown
  additionalPrinterColumns?: Record<string, unknown>[]
  selectableFields?: unknown
  preserveUnknownFields?: boolean
  conversion?: {
    strategy?: string
    webhookClientConfig?: unknown
    conversionReviewVersions?: string[]
  }
  [field: string]: unknown
}

/** A new object; parts of the given one are shared. */
export function definitionFromV1beta1(object: KubeObject): KubeObject {
  const { spec = {} } = object as KubeObject & { spec?: V1beta1Spec }
  const { version, versions, validation, subresources, additionalPrinterColumns, selectableFields, ...rest } = spec
  const { preserveUnknownFields = true, conversion, ...kept } = rest
  const forAll = {
    ...(validation ? { schema: validation } : {}),
    ...(subresources ? { subresources } : {}),
    ...(additionalPrinterColumns ? { additionalPrinterColumns } : {}),
    ...(selectableFields ? { selectableFields } : {}),
  }
  const each = versions?.length ? versions : [{ name: version, served: true, storage: true }]
  return {
    ...object,
    apiVersion: 'apiextensions.k8s.io/v1',
    spec: {
      ...kept,
      versions: each.map((one) => withPaths({ ...forAll, ...one })),
      ...(preserveUnknownFields ? { preserveUnknownFields } : {}),
      ...(conversion ? { conversion: conversionOf(conversion) } : {}),
    },
  } as KubeObject
}

/** `JSONPath` became `jsonPath`. */
function withPaths(version: Record<string, unknown>): Record<string, unknown> {
  const columns = version.additionalPrinterColumns as Record<string, unknown>[] | undefined
  if (!columns) return version
  return {
    ...version,
    additionalPrinterColumns: columns.map(({ JSONPath, ...column }) => ({ ...column, jsonPath: JSONPath })),
  }
}

function conversionOf({
  strategy,
  webhookClientConfig,
  conversionReviewVersions,
}: NonNullable<V1beta1Spec['conversion']>) {
  if (strategy !== 'Webhook') return { strategy }
  return {
    strategy,
    webhook: {
      ...(webhookClientConfig ? { clientConfig: webhookClientConfig } : {}),
      conversionReviewVersions: conversionReviewVersions ?? ['v1beta1'],
    },
  }
}
