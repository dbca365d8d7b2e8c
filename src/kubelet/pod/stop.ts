/**
 * Stops containers the way a pod ends: preStop hook, SIGTERM, grace, SIGKILL; sidecars after the containers they serve,
 * in reverse order of their start. Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
 */
import type { Pod } from '../../api/types/core/v1.ts'
import type { PodParts } from './parts.ts'
import { type ContainerRecord, type PodRuntime, runningContainers } from './runtime-state.ts'
import { findContainer, initContainers, isSidecar, type NamedContainer } from './spec.ts'

/** A container gets at least this long, lest a slow signal end in SIGKILL. */
const graceSecondsMin = 2
const graceSecondsDefault = 30

export interface StopOptions {
  /** Text of the Killing event. Default `Stopping container <name>`. */
  message?: string
  /** Overrides the pod's own. */
  graceSeconds?: number | undefined
  /** For who removes the sandbox next, which stops it too: its network is then taken down once, by half as many processes. */
  keepSandbox?: boolean
}

type StopParts = Pick<PodParts, 'runtime' | 'hooks' | 'events' | 'clock' | 'probes' | 'log'>

/** The pod's grace: that of its deletion when it is being deleted. */
export function graceSecondsOf(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? graceSecondsDefault
}

/** Resolves when the container has exited. */
export async function stopContainer(
  parts: StopParts,
  pod: Pod,
  record: ContainerRecord,
  options: StopOptions = {},
): Promise<void> {
  const named: NamedContainer = findContainer(pod, record.name) ?? { kind: 'regular', container: { name: record.name } }
  let graceSeconds = options.graceSeconds ?? graceSecondsOf(pod)
  parts.probes.stopContainer(record.id)
  parts.events.container(pod, named, 'Normal', 'Killing', options.message ?? `Stopping container ${record.name}`)
  const preStop = named.container.lifecycle?.preStop
  if (preStop && graceSeconds > 0) {
    const startedMs = parts.clock.monotonicMs()
    const failure = await parts.hooks.run(pod, named.container, record, preStop, { limitMs: graceSeconds * 1000 })
    if (failure) parts.events.container(pod, named, 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
    graceSeconds -= Math.floor((parts.clock.monotonicMs() - startedMs) / 1000)
  }
  await parts.runtime.stopContainer(record.id, Math.max(graceSeconds, graceSecondsMin))
}

/** Stops every running container, then the sandboxes. */
export async function stopPod(
  parts: StopParts,
  pod: Pod,
  runtime: PodRuntime,
  options: StopOptions = {},
): Promise<void> {
  const startedMs = parts.clock.monotonicMs()
  const total = options.graceSeconds ?? graceSecondsOf(pod)
  const sidecarNames = initContainers(pod)
    .filter((container) => isSidecar({ kind: 'init', container }))
    .map(({ name }) => name)
  const running = runningContainers(runtime)
  const ordinary = running.filter(({ name }) => !sidecarNames.includes(name))
  await Promise.all(ordinary.map((record) => stopContainer(parts, pod, record, options)))
  for (const name of sidecarNames.reverse()) {
    const spentSeconds = Math.floor((parts.clock.monotonicMs() - startedMs) / 1000)
    const graceSeconds = Math.max(0, total - spentSeconds)
    for (const record of running.filter((candidate) => candidate.name === name))
      await stopContainer(parts, pod, record, { ...options, graceSeconds })
  }
  if (options.keepSandbox) return
  for (const { id, ready } of runtime.sandboxes) if (ready) await parts.runtime.stopPodSandbox(id)
}
