/** What Services see in pods: addresses by family and the ports that a Service's target ports mean on a pod. */

import { isIPv6 } from 'node:net'
import { addressNumber, addressText } from '../api/addresses.ts'
import { keyOf } from '../api/meta.ts'
import { coreV1 } from '../api/resources.ts'
import { matchesLabelSelector } from '../api/selectors/label.ts'
import type { Pod, Service, ServicePort } from '../api/types/core/v1.ts'
import type { Change, Informer } from '../client/informer.ts'
import { isFinished } from './pods.ts'

/** The Services that a pod's change concerns, by selector before and after. */
export function serviceKeysOf(change: Change<Pod>, services: Informer<Service>): string[] {
  const versions = change.type === 'updated' ? [change.previous, change.object] : [change.object]
  const concerned = services
    .list(change.object.metadata.namespace)
    .filter((service) => versions.some((pod) => selects(service, pod)))
  if (concerned.length === 0) return []
  if (change.type === 'updated' && !endpointChanged(change.previous, change.object)) return []
  return concerned.map(keyOf)
}

export function selects(service: Service, pod: Pod): boolean {
  const selector = service.spec?.selector
  if (!selector || Object.keys(selector).length === 0) return false
  return matchesLabelSelector({ matchLabels: selector }, pod.metadata.labels)
}

/** Pods with an address that still serve or are about to stop serving. */
export function servingPods(service: Service, pods: Informer<Pod>): Pod[] {
  return pods
    .list(service.metadata.namespace)
    .filter((pod) => selects(service, pod) && !isFinished(pod) && (pod.status?.podIP ?? '') !== '')
}

/** As endpoints have to spell it, however the pod does. */
export function addressOf(pod: Pod, family: string): string | undefined {
  const addresses = (pod.status?.podIPs ?? []).map(({ ip }) => ip ?? '')
  if (addresses.length === 0 && pod.status?.podIP) addresses.push(pod.status.podIP)
  const found = addresses.find((ip) => ip !== '' && ip.includes(':') === (family === 'IPv6'))
  return found && isIPv6(found) && !found.includes('.') ? addressText(addressNumber(found), true) : found
}

/** The number behind a target port on this pod; undefined when the pod has no port of that name. */
export function targetPortOn(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const protocol = port.protocol ?? 'TCP'
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    const found = (container.ports ?? []).find((one) => one.name === target && (one.protocol ?? 'TCP') === protocol)
    if (found) return found.containerPort
  }
  return undefined
}

/** A pod's own name in DNS counts when its subdomain is the Service. */
export function hostnameUnder(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {}
  return hostname && subdomain === service.metadata.name ? hostname : undefined
}

export function podReference(pod: Pod) {
  const { namespace = '', name = '', uid = '' } = pod.metadata
  return { kind: coreV1.pods.kind, namespace, name, uid }
}

function endpointChanged(previous: Pod, pod: Pod): boolean {
  const relevant = ({ metadata, spec, status }: Pod) =>
    JSON.stringify([
      metadata.labels,
      metadata.deletionTimestamp,
      spec?.nodeName,
      spec?.hostname,
      spec?.subdomain,
      status?.phase,
      status?.podIPs,
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    ])
  return relevant(previous) !== relevant(pod)
}

/**
 * When what endpoints show began to change, which their annotation tells so that delays can be measured. Source:
 * kubernetes `k8s.io/endpointslice/util`, `TriggerTimeTracker`.
 */
export class ChangeTimes {
  /** When each pod of a Service last turned ready or unready, as it was last looked at; by the Service's key. */
  readonly #turns = new Map<string, ReadonlyMap<string, string>>()

  /** The earliest turn since the last look, at the first look the Service's birth; empty when there was none. */
  since(service: Service, pods: readonly Pod[]): string {
    const before = this.#turns.get(keyOf(service))
    const turns = new Map(pods.map((pod) => [pod.metadata.name ?? '', turnOf(pod)]))
    this.#turns.set(keyOf(service), turns)
    if (!before) return service.metadata.creationTimestamp ?? ''
    const news = [...turns].filter(([pod, turn]) => turn > (before.get(pod) ?? '')).map(([, turn]) => turn)
    return news.sort()[0] ?? ''
  }

  forget(key: string): void {
    this.#turns.delete(key)
  }
}

function turnOf({ status }: Pod): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? ''
}
