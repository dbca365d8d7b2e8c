/** What a simulated node sets aside for its pods, by the rules of a real one: a resize that finds no room waits for it. */
import type { Pod } from '../../api/types/core/v1.ts'
import { lacksResources } from '../../kubelet/admission/admit.ts'
import { AllocationManager } from '../../kubelet/allocation/allocation-manager.ts'
import { HeldResources } from '../../kubelet/allocation/resource-state.ts'
import type { Clock } from '../../platform/clock.ts'
import type { PodRun } from './pod-run.ts'

export interface NodeAllocationParts {
  clock: Clock
  allocatable: Record<string, string>
  pods: ReadonlyMap<string, PodRun>
}

export function nodeAllocation({ clock, allocatable, pods }: NodeAllocationParts): AllocationManager {
  const others = (pod: Pod): Pod[] =>
    [...pods.values()].flatMap(({ held }) => (held && held.metadata.uid !== pod.metadata.uid ? [held] : []))
  return new AllocationManager({
    clock,
    allocated: new HeldResources(),
    refusal: (pod) => lacksResources(pod, allocatable, others(pod))?.message,
    find: (uid) => {
      const run = pods.get(uid)
      return run?.held && run.pod
    },
    event: (pod, ...event) => pods.get(pod.metadata.uid ?? '')?.tell(...event),
    wake: (uid) => pods.get(uid)?.resize(),
  })
}
