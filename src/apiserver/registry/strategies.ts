/**
 * Every built-in resource's strategy, by `plural.group` (`pods`, `deployments.apps`), or `plural.group/version` where
 * versions differ. A resource without one has only the generic rules.
 */
import { autoscalerConversion } from '../../api/conversion/autoscaling.ts'
import { eventConversion } from '../../api/conversion/events.ts'
import { groupResource, type KubeObject, type Resource } from '../../api/meta.ts'
import { autoscalingV1, autoscalingV2, coreV1 } from '../../api/resources.ts'
import { customResourceDefinitions } from '../crd/definition/strategy.ts'
import type { Conversion, KindName } from '../scheme/served.ts'
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from './admissionregistration/webhooks.ts'
import { apiServices } from './apiregistration/apiservice.ts'
import { controllerRevisions } from './apps/controllerrevision.ts'
import { daemonSets } from './apps/daemonset.ts'
import { deployments } from './apps/deployment.ts'
import { replicaSets } from './apps/replicaset.ts'
import { statefulSets } from './apps/statefulset.ts'
import { horizontalPodAutoscalers } from './autoscaling/horizontalpodautoscaler.ts'
import { cronJobs } from './batch/cronjob.ts'
import { jobs } from './batch/job.ts'
import { leases } from './coordination/lease.ts'
import { configMaps } from './core/configmap.ts'
import { endpoints } from './core/endpoints.ts'
import { limitRanges } from './core/limitrange.ts'
import { namespaces } from './core/namespace.ts'
import { nodes } from './core/node.ts'
import { persistentVolumes } from './core/persistentvolume.ts'
import { persistentVolumeClaims } from './core/persistentvolumeclaim.ts'
import { pods } from './core/pod.ts'
import { podTemplates } from './core/podtemplate.ts'
import { replicationControllers } from './core/replicationcontroller.ts'
import { resourceQuotas } from './core/resourcequota.ts'
import { secrets } from './core/secret.ts'
import { services } from './core/service.ts'
import { serviceAccounts } from './core/serviceaccount.ts'
import { endpointSlices } from './discovery/endpointslice.ts'
import { events, newEvents } from './events/event.ts'
import { flowSchemas } from './flowcontrol/flowschema.ts'
import { priorityLevelConfigurations } from './flowcontrol/prioritylevelconfiguration.ts'
import { ipAddresses, serviceCidrs } from './networking/addresses.ts'
import { ingressClasses, ingresses } from './networking/ingress.ts'
import { networkPolicies } from './networking/networkpolicy.ts'
import { runtimeClasses } from './node/runtimeclass.ts'
import { podDisruptionBudgets } from './policy/poddisruptionbudget.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './rbac/roles.ts'
import { deviceClasses, resourceClaims, resourceClaimTemplates } from './resource/claims.ts'
import { resourceSlices } from './resource/resourceslice.ts'
import { priorityClasses } from './scheduling/priorityclass.ts'
import { csiDrivers, csiNodes, csiStorageCapacities } from './storage/csi.ts'
import { storageClasses, volumeAttributesClasses } from './storage/storageclass.ts'
import { volumeAttachments } from './storage/volumeattachment.ts'
import type { Strategy } from './strategy.ts'
import { throughStored } from './through-stored.ts'

const core = [
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  podTemplates,
  pods,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
] as unknown as readonly Strategy[]

const workloads = [
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  horizontalPodAutoscalers,
  jobs,
  podDisruptionBudgets,
  replicaSets,
  statefulSets,
] as unknown as readonly Strategy[]

const cluster = [
  apiServices,
  clusterRoleBindings,
  clusterRoles,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  customResourceDefinitions,
  deviceClasses,
  endpointSlices,
  flowSchemas,
  ingressClasses,
  ingresses,
  ipAddresses,
  leases,
  mutatingWebhookConfigurations,
  networkPolicies,
  newEvents,
  priorityClasses,
  priorityLevelConfigurations,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  roleBindings,
  roles,
  runtimeClasses,
  serviceCidrs,
  storageClasses,
  validatingWebhookConfigurations,
  volumeAttachments,
  volumeAttributesClasses,
] as unknown as readonly Strategy[]

export interface StrategyOptions {
  /** How long events are kept. Default an hour. */
  eventTtlSeconds?: number
}

export function strategies({ eventTtlSeconds }: StrategyOptions = {}): Map<string, Strategy> {
  const map = new Map<string, Strategy>()
  for (const strategy of [...core, ...workloads, ...cluster]) map.set(groupResource(strategy.resource), strategy)
  const v1 = autoscalingV1.horizontalPodAutoscalers
  const adapted = throughStored(v1, horizontalPodAutoscalers, autoscalerConversion)
  map.set(versioned(v1), adapted as unknown as Strategy)
  if (eventTtlSeconds === undefined) return map
  for (const name of ['events', 'events.events.k8s.io']) {
    map.set(name, { ...(map.get(name) as Strategy), ttlSeconds: () => eventTtlSeconds })
  }
  return map
}

/** Versions stored as another one, by `plural.group/version`. */
export function conversions(): Map<string, { stored: KindName; conversion: Conversion }> {
  return new Map([
    [
      versioned(autoscalingV1.horizontalPodAutoscalers),
      { stored: kindOf(autoscalingV2.horizontalPodAutoscalers), conversion: autoscalerConversion },
    ],
    ['events.events.k8s.io/v1', { stored: kindOf(coreV1.events), conversion: eventConversion }],
  ])
}

function versioned(resource: Resource): string {
  return `${groupResource(resource)}/${resource.version}`
}

function kindOf({ group, version, kind }: Resource<KubeObject>): KindName {
  return { group, version, kind }
}
