/** The set of controllers that `k8ts server` and `k8ts controller-manager` run, by the names of `--controllers`. */
import type { Controller, ControllerParts } from '../client/controller.ts'
import { type AttachDetachOptions, attachDetachController } from './attachdetach/reconcile.ts'
import { bootstrapSigner, tokenCleaner } from './bootstrap-token/reconcile.ts'
import { podCertificateCleaningController } from './certificates/pod-requests.ts'
import {
  certificateApprovingController,
  certificateCleaningController,
  certificateSigningController,
  type SigningOptions,
} from './certificates/reconcile.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation/reconcile.ts'
import { clusterTrustBundlePublisher } from './clustertrustbundle-publisher/reconcile.ts'
import { cronJobController } from './cronjob/reconcile.ts'
import { daemonSetController } from './daemonset/reconcile.ts'
import { deploymentController } from './deployment/reconcile.ts'
import { deviceTaintEvictionController } from './device-taint-eviction/reconcile.ts'
import { disruptionController, staleDisruptionController } from './disruption/reconcile.ts'
import { endpointsController } from './endpoints/reconcile.ts'
import { type EndpointSliceOptions, endpointSliceController } from './endpointslice/reconcile.ts'
import {
  type EndpointSliceMirroringOptions,
  endpointSliceMirroringController,
} from './endpointslice-mirroring/reconcile.ts'
import { ephemeralVolumeController } from './ephemeral-volume/reconcile.ts'
import { garbageCollector } from './garbage-collector/reconcile.ts'
import { type AutoscalerOptions, horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/reconcile.ts'
import { jobController } from './job/reconcile.ts'
import { localPathProvisioner } from './local-path-provisioner/reconcile.ts'
import { namespaceController } from './namespace/reconcile.ts'
import { nodeIpamController } from './node-ipam/reconcile.ts'
import { type NodeLifecycleOptions, nodeLifecycleController } from './node-lifecycle/reconcile.ts'
import { persistentVolumeBinderController } from './persistentvolume-binder/reconcile.ts'
import { persistentVolumeProtectionController } from './persistentvolume-protection/reconcile.ts'
import { persistentVolumeClaimProtectionController } from './persistentvolumeclaim-protection/reconcile.ts'
import { podGarbageCollector } from './pod-garbage-collector/reconcile.ts'
import { replicaSetController, replicationControllerController } from './replicaset/reconcile.ts'
import { resourceClaimController } from './resource-claim/reconcile.ts'
import { resourceQuotaController } from './resourcequota/reconcile.ts'
import { rootCaController } from './root-ca/reconcile.ts'
import { serviceCidrController } from './service-cidr/reconcile.ts'
import { serviceAccountController } from './serviceaccount/reconcile.ts'
import { legacyTokenCleaner } from './serviceaccount-token/cleaner.ts'
import { type SecretTokenOptions, serviceAccountTokenController } from './serviceaccount-token/tokens.ts'
import { statefulSetController } from './statefulset/reconcile.ts'
import { storageVersionMigrator } from './storage-version-migrator/reconcile.ts'
import { taintEvictionController } from './taint-eviction/reconcile.ts'
import { ttlController } from './ttl/reconcile.ts'
import { ttlAfterFinishedController } from './ttl-after-finished/reconcile.ts'
import {
  type PolicyTypeCheck,
  validatingAdmissionPolicyStatusController,
} from './validatingadmissionpolicy-status/reconcile.ts'
import { volumeExpandController } from './volume-expand/reconcile.ts'
import { volumeAttributesClassProtectionController } from './volumeattributesclass-protection/reconcile.ts'

export interface ControllerOptions {
  /** The bundle that pods verify the API server with. */
  rootCaPem: string
  /** Nodes get their pod addresses from these, one for each family. Absent: nodes bring their own. */
  clusterCidrs?: readonly string[]
  /** Finished pods that may stay before the oldest are deleted. Default 12,500; 0: all may. */
  terminatedPodsMax?: number
  autoscaler?: AutoscalerOptions
  /** What of it is absent is as upstream's flags default. */
  nodeLifecycle?: NodeLifecycleOptions
  attachDetach?: AttachDetachOptions
  endpointSlice?: EndpointSliceOptions
  endpointSliceMirroring?: EndpointSliceMirroringOptions
  /** Feature gates that are on. Default: those that are on by default. */
  featureGates?: ReadonlySet<string>
  /** Who makes the tokens that lie in Secrets. Absent: nobody does. */
  secretTokens?: SecretTokenOptions
  /** Tokens in Secrets that nobody used for so long are cleared away. Default: a year. */
  legacyTokenPeriodMs?: number
  /** Who signs certificate requests. Absent: nobody does. */
  signing?: SigningOptions
  /** What policies get wrong about types. Absent: nobody says so in their status. */
  checkPolicyTypes?: PolicyTypeCheck
}

export function allControllers(parts: ControllerParts, options: ControllerOptions): Controller[] {
  const { clusterCidrs = [], terminatedPodsMax, checkPolicyTypes, autoscaler, signing, nodeLifecycle } = options
  const { featureGates = new Set(['DRADeviceTaints']) } = options
  return [
    deploymentController(parts),
    replicaSetController(parts),
    replicationControllerController(parts),
    daemonSetController(parts),
    statefulSetController(parts),
    jobController(parts),
    cronJobController(parts),
    endpointSliceController(parts, options.endpointSlice),
    endpointsController(parts),
    endpointSliceMirroringController(parts, options.endpointSliceMirroring),
    namespaceController(parts),
    serviceAccountController(parts),
    rootCaController(parts, options),
    nodeLifecycleController(parts, nodeLifecycle),
    taintEvictionController(parts),
    garbageCollector(parts),
    clusterRoleAggregationController(parts),
    bootstrapSigner(parts),
    tokenCleaner(parts),
    certificateApprovingController(parts),
    certificateCleaningController(parts),
    ...(signing ? [certificateSigningController(parts, signing)] : []),
    resourceQuotaController(parts),
    horizontalPodAutoscalerController(parts, autoscaler),
    disruptionController(parts),
    staleDisruptionController(parts),
    persistentVolumeBinderController(parts),
    localPathProvisioner(parts),
    ephemeralVolumeController(parts),
    volumeExpandController(parts),
    volumeAttributesClassProtectionController(parts),
    attachDetachController(parts, options.attachDetach),
    persistentVolumeProtectionController(parts),
    persistentVolumeClaimProtectionController(parts),
    serviceCidrController(parts),
    resourceClaimController(parts),
    ...(featureGates.has('DRADeviceTaints')
      ? [deviceTaintEvictionController(parts, { deviceTaintRules: featureGates.has('DRADeviceTaintRules') })]
      : []),
    ...(options.secretTokens ? [serviceAccountTokenController(parts, { ...options, ...options.secretTokens })] : []),
    legacyTokenCleaner(
      parts,
      options.legacyTokenPeriodMs === undefined ? {} : { periodMs: options.legacyTokenPeriodMs },
    ),
    ...(featureGates.has('PodCertificateRequest') ? [podCertificateCleaningController(parts)] : []),
    ...(featureGates.has('ClusterTrustBundle') ? [clusterTrustBundlePublisher(parts, options)] : []),
    ...(featureGates.has('StorageVersionMigrator') ? [storageVersionMigrator(parts)] : []),
    ttlController(parts),
    ttlAfterFinishedController(parts),
    ...(checkPolicyTypes ? [validatingAdmissionPolicyStatusController(parts, { checkPolicyTypes })] : []),
    podGarbageCollector(parts, terminatedPodsMax === undefined ? {} : { terminatedPodsMax }),
    ...(clusterCidrs.length > 0 ? [nodeIpamController(parts, { clusterCidrs })] : []),
  ]
}
