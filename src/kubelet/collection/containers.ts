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

/** Dead runs beyond the newest dead one of each name, and sandboxes that are neither newest nor in use. */
export function planCollection(runtime: PodRuntime): Leavings {
  const keptNames = new Set<string>()
  const containers: string[] = []
  const kept: string[] = []
  for (const { id, name, state, sandboxId } of runtime.containers) {
    if (state === 'exited' && keptNames.has(name)) {
      containers.push(id)
      continue
    }
    if (state === 'exited') keptNames.add(name)
    kept.push(sandboxId)
  }
  const sandboxes = runtime.sandboxes
    .slice(1)
    .filter(({ id, ready }) => !ready && !kept.includes(id))
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
