/**
 * Names by which the node agent finds its pods again in the runtime: CRI labels and annotations, log paths, the hash
 * that tells whether a container's definition changed. They are upstream's, so that `crictl` and log collectors work.
 * Source: https://kubernetes.io/docs/reference/labels-annotations-taints/, CRI's conventions.
 */
import { createHash } from 'node:crypto'
import type { Container, Pod } from '../../api/types/core/v1.ts'

export const podNameLabel = 'io.kubernetes.pod.name'
export const podNamespaceLabel = 'io.kubernetes.pod.namespace'
export const podUidLabel = 'io.kubernetes.pod.uid'
export const containerNameLabel = 'io.kubernetes.container.name'

export const hashAnnotation = 'io.kubernetes.container.hash'
export const restartCountAnnotation = 'io.kubernetes.container.restartCount'
export const terminationMessagePathAnnotation = 'io.kubernetes.container.terminationMessagePath'
export const terminationMessagePolicyAnnotation = 'io.kubernetes.container.terminationMessagePolicy'
export const podTerminationGraceAnnotation = 'io.kubernetes.pod.terminationGracePeriod'

export const configSourceAnnotation = 'kubernetes.io/config.source'
export const configSeenAnnotation = 'kubernetes.io/config.seen'
export const configHashAnnotation = 'kubernetes.io/config.hash'
export const mirrorAnnotation = 'kubernetes.io/config.mirror'

export function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? ''
}

export function namespaceOf(pod: Pod): string {
  return pod.metadata.namespace ?? ''
}

export function nameOf(pod: Pod): string {
  return pod.metadata.name ?? ''
}

/** `name_namespace(uid)`, as back-off messages name a pod. */
export function describePod(pod: Pod): string {
  return `${nameOf(pod)}_${namespaceOf(pod)}(${uidOf(pod)})`
}

export function podLogDirectory(logRoot: string, pod: Pod): string {
  return `${logRoot}/${namespaceOf(pod)}_${nameOf(pod)}_${uidOf(pod)}`
}

/** As statuses name a container. `id`: the runtime's. */
export function containerIdText(id: string): string {
  return `containerd://${id}`
}

/** Relative to the pod's log directory. */
export function containerLogPath(container: string, restartCount: number): string {
  return `${container}/${restartCount}.log`
}

/** Changes exactly when name or image changes: the fields whose change restarts a running container. */
export function containerHash(container: Container): string {
  const identity = JSON.stringify({ name: container.name, image: container.image })
  return createHash('sha256').update(identity).digest('hex').slice(0, 8)
}
