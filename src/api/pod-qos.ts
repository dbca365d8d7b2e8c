/** A pod's quality of service class. Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/. */
import { compareQuantities } from './quantity.ts'
import type { Pod } from './types/core/v1.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const counted = ['cpu', 'memory']

type Lists = { requests?: Record<string, string>; limits?: Record<string, string> } | undefined

/** Decided when the pod is created and fixed from then on. */
export function podQosClass(pod: Pod): QosClass {
  const podLevel = pod.spec?.resources
  if (podLevel && (hasAny(podLevel.requests) || hasAny(podLevel.limits))) return classOf([podLevel])
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  return classOf(containers.map((container) => container.resources))
}

/** The class the API server computed, or computed here for pods that it has not seen. */
export function qosClassOf(pod: Pod): QosClass {
  const known = pod.status?.qosClass
  if (known === 'Guaranteed' || known === 'Burstable' || known === 'BestEffort') return known
  return podQosClass(pod)
}

function classOf(all: readonly Lists[]): QosClass {
  if (!all.some((lists) => hasAny(lists?.requests) || hasAny(lists?.limits))) return 'BestEffort'
  return all.every(isGuaranteed) ? 'Guaranteed' : 'Burstable'
}

function hasAny(list: Record<string, string> | undefined): boolean {
  return counted.some((name) => list?.[name] !== undefined && compareQuantities(list[name], '0') > 0)
}

function isGuaranteed(lists: Lists): boolean {
  return counted.every((name) => {
    const limit = lists?.limits?.[name]
    if (limit === undefined || compareQuantities(limit, '0') <= 0) return false
    const request = lists?.requests?.[name]
    return request === undefined || compareQuantities(request, limit) === 0
  })
}
