/** Namespaces, the service range and the published certificate authorities that every cluster has. */

import { dayMs, dayOf, legacyTokenTracking } from '../../api/legacy-tokens.ts'
import type { KubeObject } from '../../api/meta.ts'
import { coreV1, networkingV1 } from '../../api/resources.ts'
import type { ConfigMap } from '../../api/types/core/v1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { usualHeaderNames } from '../authentication/request-header.ts'
import type { Wanted } from './ensure.ts'

export interface SystemObjectsOptions {
  /** Bundle that client certificates are verified against. */
  clientCaPem?: string
  /** Bundle of the front proxy, with the common names that may speak for others. */
  frontProxy?: { caPem: string; allowedNames: readonly string[] }
  serviceCidrs: readonly string[]
  nowMs: number
}

export const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const

export function systemObjects(options: SystemObjectsOptions): Wanted[] {
  return [
    ...systemNamespaces.map(namespace),
    serviceCidr(options),
    tokenTracking(options),
    ...publishedAuthorities(options),
  ]
}

function namespace(name: string): Wanted {
  const metadata = { name, labels: { 'kubernetes.io/metadata.name': name } }
  const object = { metadata, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }
  return { resource: coreV1.namespaces, object, filledIn: ['finalizers'] }
}

function serviceCidr({ serviceCidrs, nowMs }: SystemObjectsOptions): Wanted {
  const condition = {
    type: 'Ready',
    status: 'True',
    lastTransitionTime: rfc3339(nowMs),
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
  }
  const object = {
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [...serviceCidrs] },
    status: { conditions: [condition] },
  }
  return { resource: networkingV1.serviceCIDRs, object, statusManager: 'kubernetes-service-cidr-controller' }
}

/** Uses of tokens in Secrets are written down from the first start on. */
function tokenTracking({ nowMs }: SystemObjectsOptions): Wanted {
  const { name, namespace, key } = legacyTokenTracking
  const data = { [key]: dayOf(rfc3339(nowMs)) }
  return {
    resource: coreV1.configMaps,
    object: { metadata: { name, namespace }, data } as KubeObject,
    reconcile: (present) =>
      dayMs((present as ConfigMap).data?.[key]) === undefined
        ? reconcileData(present, { metadata: {}, data } as KubeObject)
        : undefined,
  }
}

/** What extension API servers need to trust this one (https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/). */
function publishedAuthorities({ clientCaPem, frontProxy }: SystemObjectsOptions): Wanted[] {
  const data: Record<string, string> = {}
  if (clientCaPem) data['client-ca-file'] = clientCaPem
  if (frontProxy) {
    data['requestheader-allowed-names'] = JSON.stringify(frontProxy.allowedNames)
    data['requestheader-client-ca-file'] = frontProxy.caPem
    data['requestheader-extra-headers-prefix'] = JSON.stringify(usualHeaderNames.extraPrefix)
    data['requestheader-group-headers'] = JSON.stringify(usualHeaderNames.group)
    data['requestheader-uid-headers'] = JSON.stringify(usualHeaderNames.uid)
    data['requestheader-username-headers'] = JSON.stringify(usualHeaderNames.user)
  }
  if (Object.keys(data).length === 0) return []
  const object = { metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' }, data }
  return [{ resource: coreV1.configMaps, object: object as KubeObject, reconcile: reconcileData }]
}

function reconcileData(present: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const [have, want] = [(present as ConfigMap).data ?? {}, (wanted as ConfigMap).data ?? {}]
  if (Object.entries(want).every(([name, value]) => have[name] === value)) return undefined
  return { ...present, data: { ...have, ...want } } as ConfigMap
}
