/**
 * Image references: `[registry/]path[:tag][@digest]`.
 * Source: https://kubernetes.io/docs/concepts/containers/images/#image-names, the distribution project's grammar.
 */
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const domain =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?'
const grammar = new RegExp(
  `^(?:(${domain})/)?(${component}(?:/${component})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)

export interface ImageReference {
  /** `docker.io` where none is written. */
  registry: string
  repository: string
  tag?: string
  digest?: string
}

/** Undefined when it is not a reference. */
export function parseReference(image: string): ImageReference | undefined {
  const match = grammar.exec(image)
  if (!match) return undefined
  const [, first, rest = '', tag, digest] = match
  const isRegistry =
    first !== undefined && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const path = first === undefined || isRegistry ? rest : `${first}/${rest}`
  const reference: ImageReference = {
    registry: isRegistry ? (first as string) : 'docker.io',
    repository: isRegistry || path.includes('/') ? path : `library/${path}`,
  }
  if (tag) reference.tag = tag
  if (digest) reference.digest = digest
  return reference
}

/** Adds `:latest` where neither tag nor digest is given; undefined when it is not a reference. */
export function withDefaultTag(image: string): string | undefined {
  const reference = parseReference(image)
  if (!reference) return undefined
  return reference.tag || reference.digest ? image : `${image}:latest`
}
