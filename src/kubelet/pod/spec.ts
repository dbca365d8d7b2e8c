/** Questions about a pod's specification that several decisions ask. */
import { systemCriticalPriority } from '../../api/system-priorities.ts'
import type { Container, EphemeralContainer, Pod } from '../../api/types/core/v1.ts'
import { configSourceAnnotation } from './names.ts'

export type ContainerKind = 'init' | 'regular' | 'ephemeral'

export type AnyContainer = Container | EphemeralContainer

export interface NamedContainer {
  kind: ContainerKind
  container: Container
}

/** Init containers, regular ones and ephemeral ones, in that order. */
export function allContainers(pod: Pod): NamedContainer[] {
  const ephemeral = (pod.spec?.ephemeralContainers ?? []) as unknown as Container[]
  return [
    ...initContainers(pod).map((container): NamedContainer => ({ kind: 'init', container })),
    ...regularContainers(pod).map((container): NamedContainer => ({ kind: 'regular', container })),
    ...ephemeral.map((container): NamedContainer => ({ kind: 'ephemeral', container })),
  ]
}

export function findContainer(pod: Pod, name: string): NamedContainer | undefined {
  return allContainers(pod).find(({ container }) => container.name === name)
}

export function regularContainers(pod: Pod): Container[] {
  return pod.spec?.containers ?? []
}

export function initContainers(pod: Pod): Container[] {
  return pod.spec?.initContainers ?? []
}

/** An init container that keeps running beside the others (KEP-753). */
export function isSidecar({ kind, container }: NamedContainer): boolean {
  return kind === 'init' && container.restartPolicy === 'Always'
}

export function restartPolicyOf(pod: Pod): string {
  return pod.spec?.restartPolicy ?? 'Always'
}

export function usesHostNetwork(pod: Pod): boolean {
  return pod.spec?.hostNetwork === true
}

/** `spec.containers{c}`, as an event's involved object names a container. */
export function fieldPathOf({ kind, container }: NamedContainer): string {
  const list = kind === 'init' ? 'initContainers' : kind === 'ephemeral' ? 'ephemeralContainers' : 'containers'
  return `spec.${list}{${container.name}}`
}

/** The node does without everything else first. */
export function isCritical(pod: Pod): boolean {
  return isStatic(pod) || (pod.spec?.priority ?? 0) >= systemCriticalPriority
}

/** From a manifest of the node, not from the API. */
export function isStatic({ metadata }: Pod): boolean {
  return metadata.annotations?.[configSourceAnnotation] === 'file'
}

/** Succeeded or Failed: nothing of it will run again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}
