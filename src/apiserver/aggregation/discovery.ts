/** What another server lists as its resources, in the form of aggregated discovery. */
import type { Remote, RemoteResource } from './aggregator.ts'

export function remoteResources({ resources, spec }: Remote): object[] {
  const group = spec.group ?? ''
  const version = spec.version ?? ''
  const kindOf = (one: RemoteResource) => ({
    group: one.group ?? group,
    version: one.version ?? version,
    kind: one.kind,
  })
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((main) => {
      const subresources = resources.filter(({ name }) => name.startsWith(`${main.name}/`))
      return {
        resource: main.name,
        responseKind: kindOf(main),
        scope: main.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: main.singularName ?? '',
        verbs: main.verbs ?? [],
        ...(main.shortNames ? { shortNames: main.shortNames } : {}),
        ...(main.categories ? { categories: main.categories } : {}),
        ...(subresources.length === 0
          ? {}
          : { subresources: subresources.map((one) => subresourceOf(main, one, kindOf)) }),
      }
    })
}

function subresourceOf(main: RemoteResource, one: RemoteResource, kindOf: (one: RemoteResource) => object): object {
  return { subresource: one.name.slice(main.name.length + 1), responseKind: kindOf(one), verbs: one.verbs ?? [] }
}
