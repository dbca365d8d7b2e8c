/** The set of controllers that `k8ts server` and `k8ts controller-manager` run, by the names of `--controllers`. */
import { asAccount, type Controller, type ControllerParts } from '../client/controller.ts'
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
import { type NodeIpamOptions, nodeIpamController } from './node-ipam/reconcile.ts'
import { type NodeLifecycleOptions, nodeLifecycleController } from './node-lifecycle/reconcile.ts'
import { persistentVolumeBinderController } from './persistentvolume-binder/reconcile.ts'
import { persistentVolumeProtectionController } from './persistentvolume-protection/reconcile.ts'
import { persistentVolumeClaimProtectionController } from './persistentvolumeclaim-protection/reconcile.ts'
import { podGarbageCollector } from './pod-garbage-collector/reconcile.ts'
import { podGroupProtectionController } from './podgroup-protection/reconcile.ts'
import { replicaSetController, replicationControllerController } from './replicaset/reconcile.ts'
import { resourceClaimController } from './resource-claim/reconcile.ts'
import { resourcePoolStatusController } from './resource-pool-status/reconcile.ts'
import { resourceQuotaController } from './resourcequota/reconcile.ts'
import { rootCaController } from './root-ca/reconcile.ts'
import { seLinuxWarningController } from './selinux-warning/reconcile.ts'
import { serviceCidrController } from './service-cidr/reconcile.ts'
import { serviceAccountController } from './serviceaccount/reconcile.ts'
import { legacyTokenCleaner } from './serviceaccount-token/cleaner.ts'
import { type SecretTokenOptions, serviceAccountTokenController } from './serviceaccount-token/tokens.ts'
import { statefulSetController } from './statefulset/reconcile.ts'
import { storageVersionGarbageCollector } from './storage-version-garbage-collector/reconcile.ts'
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
  /** What nodes get nothing of, though it lies within `clusterCidrs`: the addresses of Services. */
  serviceCidrs?: readonly string[]
  /** Bits of a node's range of `clusterCidrs`. Default: 24 and 64. */
  nodeMasks?: NonNullable<NodeIpamOptions['nodeMasks']>
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
  /** Whether pods are told of SELinux labels that would keep them from volumes. Default false. */
  seLinuxWarnings?: boolean
  /** What policies get wrong about types. Absent: nobody says so in their status. */
  checkPolicyTypes?: PolicyTypeCheck
}

/** Each by the name of the service account that upstream gives it; the token controller alone has the manager's rights. */
export function allControllers(parts: ControllerParts, options: ControllerOptions): Controller[] {
  const { clusterCidrs = [], terminatedPodsMax, checkPolicyTypes, autoscaler, signing, nodeLifecycle } = options
  const as = (account: string) => asAccount(parts, account)
  return [
    deploymentController(as('deployment-controller')),
    replicaSetController(as('replicaset-controller')),
    replicationControllerController(as('replication-controller')),
    daemonSetController(as('daemon-set-controller')),
    statefulSetController(as('statefulset-controller')),
    jobController(as('job-controller')),
    cronJobController(as('cronjob-controller')),
    endpointSliceController(as('endpointslice-controller'), options.endpointSlice),
    endpointsController(as('endpoint-controller')),
    endpointSliceMirroringController(as('endpointslicemirroring-controller'), options.endpointSliceMirroring),
    namespaceController(as('namespace-controller')),
    serviceAccountController(as('service-account-controller')),
    rootCaController(as('root-ca-cert-publisher'), options),
    nodeLifecycleController(as('node-controller'), nodeLifecycle),
    taintEvictionController(as('node-controller')),
    garbageCollector(as('generic-garbage-collector')),
    clusterRoleAggregationController(as('clusterrole-aggregation-controller')),
    bootstrapSigner(as('bootstrap-signer')),
    tokenCleaner(as('token-cleaner')),
    certificateApprovingController(as('certificate-controller')),
    certificateCleaningController(as('certificate-controller')),
    ...(signing ? [certificateSigningController(as('certificate-controller'), signing)] : []),
    resourceQuotaController(as('resourcequota-controller')),
    horizontalPodAutoscalerController(as('horizontal-pod-autoscaler'), {
      scaleToZero: options.featureGates?.has('HPAScaleToZero') ?? false,
      ...autoscaler,
    }),
    disruptionController(as('disruption-controller')),
    staleDisruptionController(as('disruption-controller')),
    persistentVolumeBinderController(as('persistent-volume-binder')),
    localPathProvisioner(as('local-path-provisioner')),
    ephemeralVolumeController(as('ephemeral-volume-controller')),
    volumeExpandController(as('expand-controller')),
    volumeAttributesClassProtectionController(as('volumeattributesclass-protection-controller')),
    attachDetachController(as('attachdetach-controller'), options.attachDetach),
    persistentVolumeProtectionController(as('pv-protection-controller')),
    persistentVolumeClaimProtectionController(as('pvc-protection-controller')),
    serviceCidrController(as('service-cidrs-controller')),
    resourceClaimController(as('resource-claim-controller')),
    ...(options.secretTokens ? [serviceAccountTokenController(parts, { ...options, ...options.secretTokens })] : []),
    legacyTokenCleaner(
      as('legacy-service-account-token-cleaner'),
      options.legacyTokenPeriodMs === undefined ? {} : { periodMs: options.legacyTokenPeriodMs },
    ),
    ttlController(as('ttl-controller')),
    ttlAfterFinishedController(as('ttl-after-finished-controller')),
    ...(checkPolicyTypes
      ? [
          validatingAdmissionPolicyStatusController(as('validatingadmissionpolicy-status-controller'), {
            checkPolicyTypes,
          }),
        ]
      : []),
    podGarbageCollector(as('pod-garbage-collector'), terminatedPodsMax === undefined ? {} : { terminatedPodsMax }),
    ...(clusterCidrs.length > 0 ? [nodeIpamController(as('node-controller'), { ...options, clusterCidrs })] : []),
    ...(options.seLinuxWarnings
      ? [
          seLinuxWarningController(as('selinux-warning-controller'), {
            allModes: options.featureGates?.has('SELinuxMount') ?? false,
          }),
        ]
      : []),
    ...gatedControllers(as, options),
  ]
}

/** Those that are there while feature gates are open. */
function gatedControllers(as: (account: string) => ControllerParts, options: ControllerOptions): Controller[] {
  const { featureGates = new Set(['DRADeviceTaints']) } = options
  const made: Readonly<Record<string, () => Controller>> = {
    DRADeviceTaints: () => {
      const deviceTaintRules = featureGates.has('DRADeviceTaintRules')
      return deviceTaintEvictionController(as('device-taint-eviction-controller'), { deviceTaintRules })
    },
    PodCertificateRequest: () => podCertificateCleaningController(as('podcertificaterequestcleaner')),
    ClusterTrustBundle: () =>
      clusterTrustBundlePublisher(as('kube-apiserver-serving-clustertrustbundle-publisher'), options),
    GenericWorkload: () => podGroupProtectionController(as('podgroup-protection-controller')),
    DRAResourcePoolStatus: () => resourcePoolStatusController(as('resourcepoolstatusrequest-controller')),
    StorageVersionAPI: () => storageVersionGarbageCollector(as('storage-version-garbage-collector')),
    StorageVersionMigrator: () => storageVersionMigrator(as('storage-version-migrator-controller')),
  }
  return Object.entries(made).flatMap(([gate, make]) => (featureGates.has(gate) ? [make()] : []))
}
