/**
 * Every built-in resource's strategy, by `plural.group` (`pods`, `deployments.apps`), or `plural.group/version` where
 * versions differ. A resource without one has only the generic rules.
 */
import { groupResource } from '../../api/meta.ts'
import { customResourceDefinitions } from '../crd/definition/strategy.ts'
import {
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
} from './admissionregistration/mutating-policies.ts'
import {
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from './admissionregistration/validating-policies.ts'
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
import { certificateSigningRequests } from './certificates/certificatesigningrequest.ts'
import { clusterTrustBundles } from './certificates/clustertrustbundle.ts'
import { podCertificateRequests } from './certificates/podcertificaterequest.ts'
import { leases } from './coordination/lease.ts'
import { leaseCandidates } from './coordination/leasecandidate.ts'
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
import { deviceTaintRules, resourcePoolStatusRequests } from './resource/devicetaintrule.ts'
import { resourceSlices } from './resource/resourceslice.ts'
import { priorityClasses } from './scheduling/priorityclass.ts'
import { podGroups, workloads } from './scheduling/workload.ts'
import { csiDrivers, csiNodes, csiStorageCapacities } from './storage/csi.ts'
import { storageClasses, volumeAttributesClasses } from './storage/storageclass.ts'
import { volumeAttachments } from './storage/volumeattachment.ts'
import { storageVersionMigrations } from './storagemigration/storageversionmigration.ts'
import type { Strategy } from './strategy.ts'
import { addVersions } from './versions.ts'

export { conversions } from './versions.ts'

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

const appWorkloads = [
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
  certificateSigningRequests,
  clusterTrustBundles,
  deviceTaintRules,
  leaseCandidates,
  podCertificateRequests,
  podGroups,
  resourcePoolStatusRequests,
  storageVersionMigrations,
  workloads,
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
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
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
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
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
  for (const strategy of [...core, ...appWorkloads, ...cluster]) map.set(groupResource(strategy.resource), strategy)
  addVersions(map)
  if (eventTtlSeconds === undefined) return map
  for (const name of ['events', 'events.events.k8s.io']) {
    map.set(name, { ...(map.get(name) as Strategy), ttlSeconds: () => eventTtlSeconds })
  }
  return map
}
