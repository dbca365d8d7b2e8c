/** Every container of a pod with the path to it: init, regular, then ephemeral ones. */
import type { Container, EphemeralContainer, PodSpec } from '../../../../api/types/core/v1.ts'

/** What all kinds of containers share. */
export type AnyContainer = Container | EphemeralContainer

export function containersWithPath(path: string, spec: PodSpec): [path: string, container: AnyContainer][] {
  const found: [string, AnyContainer][] = []
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) found.push([`${path}.${list}[${index}]`, container])
  }
  return found
}
