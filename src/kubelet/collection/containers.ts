/**
 * Removes what ended containers leave behind: of each container the newest dead run is kept for its log and last state,
 * of each pod the newest sandbox. Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-garbage-collection
 */
import type { PodParts } from '../pod/parts.ts'
import type { PodRuntime } from '../pod/runtime-state.ts'
import type { PodManager } from '../pod-manager.ts'

export interface Leavings {
  containers: string[]
  sandboxes: string[]
}

/** Runs that are neither the newest of their name nor its newest ended one; sandboxes that are neither newest nor in use. */
export function planCollection(runtime: PodRuntime): Leavings {
  const newest = new Set<string>()
  const newestEnded = new Set<string>()
  const containers: string[] = []
  const usedSandboxes = new Set<string>()
  for (const { id, name, state, sandboxId } of runtime.containers) {
    const isFirst = !newest.has(name)
    const isFirstEnded = state === 'exited' && !newestEnded.has(name)
    newest.add(name)
    if (state === 'exited') newestEnded.add(name)
    if (isFirst || isFirstEnded || state === 'running') usedSandboxes.add(sandboxId)
    else containers.push(id)
  }
  const sandboxes = runtime.sandboxes
    .slice(1)
    .filter(({ id, ready }) => !ready && !usedSandboxes.has(id))
    .map(({ id }) => id)
  return { containers, sandboxes }
}

export async function collectContainers({ manager, runtime }: PodParts & { manager: PodManager }): Promise<void> {
  for (const worker of manager.workers()) {
    const { containers, sandboxes } = planCollection(worker.containers)
    for (const id of containers) await runtime.removeContainer(id)
    for (const id of sandboxes) await runtime.removePodSandbox(id)
  }
}
