/**
 * Pods: what may change once one exists, graceful deletion, and the sub-resources that change one part of it.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement,
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination.
 */
import { defaultPod } from '../../../api/defaults/pod.ts'
import { podQosClass } from '../../../api/pod-qos.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { Pod, PodStatus } from '../../../api/types/core/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import { bumpGeneration } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { podWarnings } from '../warnings/pod-warnings.ts'
import { copyAppArmorAnnotations } from './app-armor.ts'
import { keepAllButEphemeral, keepAllButResources } from './pod-subresources.ts'
import { validatePod } from './pod-validation/pod.ts'
import { validateEphemeralContainersUpdate, validateResize } from './pod-validation/resize.ts'
import { validatePodStatusUpdate } from './pod-validation/status.ts'
import { validatePodUpdate } from './pod-validation/update.ts'

/** Of 64 bits in a request; no time is as long as what JavaScript's numbers hold. */
function safeSeconds(seconds: number | bigint): number {
  return Math.min(Number(seconds), Number.MAX_SAFE_INTEGER)
}

/** Podless nodes and finished pods need no grace: there is nothing to stop. */
function gracefulDeletionSeconds(pod: Pod, requestedSeconds: number | undefined): number {
  const configured = Math.max(safeSeconds(pod.spec?.terminationGracePeriodSeconds ?? 0), 0)
  const period = requestedSeconds ?? configured
  if (!pod.spec?.nodeName) return 0
  const phase = pod.status?.phase
  if (phase === 'Failed' || phase === 'Succeeded') return 0
  return period < 0 ? 1 : period
}

/** Of one address and a list that differ, the older field is believed. */
function believeOldAddress(status: PodStatus): void {
  const { podIP, podIPs } = status
  if (podIP && podIP !== podIPs?.[0]?.ip) status.podIPs = [{ ip: podIP }]
  else if (!podIP && podIPs?.[0]?.ip) status.podIP = podIPs[0].ip
}

/** A negative grace means the shortest. */
function liftGrace({ spec }: Pod): void {
  if (spec && (spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
}

export const pods: Strategy<Pod> = {
  resource: coreV1.pods,
  metadataOnUpdate: ['changes', 'whole'],
  default: defaultPod,
  prepareForCreate(pod, { nowMs }) {
    pod.metadata.generation = 1
    liftGrace(pod)
    pod.status = { phase: 'Pending', qosClass: podQosClass(pod) }
    copyAppArmorAnnotations(pod)
    const gates = pod.spec?.schedulingGates ?? []
    if (gates.length === 0) return
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        lastTransitionTime: rfc3339(nowMs),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]
  },
  prepareForUpdate(pod, old) {
    pod.status = old.status ?? {}
    liftGrace(pod)
    bumpGeneration(pod, old)
  },
  validateCreate: validatePod,
  warnings: podWarnings,
  validateUpdate: validatePodUpdate,
  status: {
    prepareForUpdate(pod, old) {
      if (old.spec) pod.spec = old.spec
      delete pod.metadata.deletionTimestamp
      if (old.metadata.deletionTimestamp) pod.metadata.deletionTimestamp = old.metadata.deletionTimestamp
      if (old.metadata.ownerReferences) pod.metadata.ownerReferences = old.metadata.ownerReferences
      else delete pod.metadata.ownerReferences
      pod.status ??= {}
      believeOldAddress(pod.status)
      pod.status.qosClass ||= old.status?.qosClass ?? ''
    },
    validateUpdate: validatePodStatusUpdate,
  },
  subresources: {
    ephemeralcontainers: { prepareForUpdate: keepAllButEphemeral, validateUpdate: validateEphemeralContainersUpdate },
    resize: { prepareForUpdate: keepAllButResources, validateUpdate: validateResize },
  },
  gracefulDeletionSeconds,
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '',
    // Accepted, and never matched, as upstream has it.
    'status.podIPs': () => '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
}
