/**
 * `/configz` of each component: its whole configuration as it holds, in the form of upstream's configuration types. What
 * flags decide comes from the flags; the rest is how we are, in upstream's words. Sources: the types of
 * kubecontrollermanager.config.k8s.io, cloudcontrollermanager.config.k8s.io and kubescheduler.config.k8s.io.
 */
import { formatDuration } from '../../api/codec/time.ts'
import type { Flags } from '../apiserver/flags.ts'
import type { Component } from './flag-tables.ts'
import { type SchedulingChoice, usualScheduling } from './scheduler-config.ts'
import { shownProfile } from './scheduler-profile.ts'

type Configuration = Readonly<Record<string, unknown>>

/** By the name that upstream registers it under. */
export function configurationOf(component: Component, flags: Flags, choice = usualScheduling): Configuration {
  const said = new Said(flags)
  if (component === 'scheduler') return { componentconfig: scheduler(said, choice) }
  if (component === 'controller-manager') return { 'kubecontrollermanager.config.k8s.io': controllerManager(said) }
  return { 'cloudcontrollermanager.config.k8s.io': cloudControllerManager(said) }
}

/** Flags as JSON values, with Go's empty ones where nobody said anything. */
class Said {
  readonly #flags: Flags

  constructor(flags: Flags) {
    this.#flags = flags
  }

  text = (name: string): string => this.#flags.text(name) ?? ''
  bool = (name: string): boolean => this.#flags.bool(name) ?? false
  number = (name: string): number => Number(this.#flags.text(name) ?? 0)
  duration = (name: string): string => formatDuration(BigInt(Math.round((this.#flags.durationMs(name) ?? 0) * 1e6)))
  list = (name: string): string[] => this.#flags.list(name)
}

function leaderElection({ bool, text, duration }: Said, name: string): Configuration {
  return {
    leaderElect: bool('leader-elect'),
    leaseDuration: duration('leader-elect-lease-duration'),
    renewDeadline: duration('leader-elect-renew-deadline'),
    retryPeriod: duration('leader-elect-retry-period'),
    resourceLock: 'leases',
    resourceName: text('leader-elect-resource-name') || name,
    resourceNamespace: text('leader-elect-resource-namespace'),
  }
}

function clientConnection({ text, number }: Said): Configuration {
  return {
    kubeconfig: text('kubeconfig'),
    acceptContentTypes: '',
    contentType: 'application/json',
    qps: number('kube-api-qps'),
    burst: number('kube-api-burst'),
  }
}

function generic(said: Said, name: string): Configuration {
  return {
    Port: 0,
    Address: '0.0.0.0',
    MinResyncPeriod: '0s',
    ClientConnection: clientConnection(said),
    ControllerStartInterval: '0s',
    LeaderElection: leaderElection(said, name),
    Controllers: said.list('controllers'),
    Debugging: { enableProfiling: false, enableContentionProfiling: false },
    LeaderMigrationEnabled: false,
    LeaderMigration: { leaderName: '', resourceLock: '', controllerLeaders: null },
  }
}

function cloudShared({ text, bool, duration }: Said): Configuration {
  return {
    CloudProvider: { Name: text('cloud-provider'), CloudConfigFile: text('cloud-config') },
    ExternalCloudVolumePlugin: '',
    UseServiceAccountCredentials: bool('use-service-account-credentials'),
    AllowUntaggedCloud: false,
    RouteReconciliationPeriod: duration('route-reconciliation-period'),
    NodeMonitorPeriod: duration('node-monitor-period'),
    ClusterName: text('cluster-name'),
    ClusterCIDR: text('cluster-cidr'),
    AllocateNodeCIDRs: bool('allocate-node-cidrs'),
    CIDRAllocatorType: 'RangeAllocator',
    ConfigureCloudRoutes: bool('configure-cloud-routes'),
    NodeSyncPeriod: '0s',
  }
}

function cloudControllerManager(said: Said): Configuration {
  const { number, duration } = said
  return {
    kind: 'CloudControllerManagerConfiguration',
    apiVersion: 'cloudcontrollermanager.config.k8s.io/v1alpha1',
    Generic: generic(said, 'cloud-controller-manager'),
    KubeCloudShared: cloudShared(said),
    NodeController: { ConcurrentNodeSyncs: number('concurrent-node-syncs') },
    ServiceController: { ConcurrentServiceSyncs: number('concurrent-service-syncs') },
    NodeStatusUpdateFrequency: duration('node-status-update-frequency'),
    Webhook: { Webhooks: null },
  }
}

function controllerManager(said: Said): Configuration {
  return {
    kind: 'KubeControllerManagerConfiguration',
    apiVersion: 'kubecontrollermanager.config.k8s.io/v1alpha1',
    Generic: generic(said, 'kube-controller-manager'),
    KubeCloudShared: cloudShared(said),
    CSRSigningController: signing(said),
    ...workloads(said),
    ...endpoints(said),
    ...lifeCycle(said),
    ...nodes(said),
    ...volumes(said),
  }
}

function signing({ text, duration }: Said): Configuration {
  const files = (prefix: string) => ({ CertFile: text(`${prefix}-cert-file`), KeyFile: text(`${prefix}-key-file`) })
  return {
    ClusterSigningCertFile: text('cluster-signing-cert-file'),
    ClusterSigningKeyFile: text('cluster-signing-key-file'),
    KubeletServingSignerConfiguration: files('cluster-signing-kubelet-serving'),
    KubeletClientSignerConfiguration: files('cluster-signing-kubelet-client'),
    KubeAPIServerClientSignerConfiguration: files('cluster-signing-kube-apiserver-client'),
    LegacyUnknownSignerConfiguration: files('cluster-signing-legacy-unknown'),
    ClusterSigningDuration: duration('cluster-signing-duration'),
  }
}

function workloads({ number, duration }: Said): Configuration {
  const autoscaler = 'horizontal-pod-autoscaler'
  return {
    DaemonSetController: { ConcurrentDaemonSetSyncs: number('concurrent-daemonset-syncs') },
    DeploymentController: { ConcurrentDeploymentSyncs: number('concurrent-deployment-syncs') },
    StatefulSetController: { ConcurrentStatefulSetSyncs: number('concurrent-statefulset-syncs') },
    ReplicaSetController: { ConcurrentRSSyncs: number('concurrent-replicaset-syncs') },
    ReplicationController: { ConcurrentRCSyncs: number('concurrent-rc-syncs') },
    JobController: { ConcurrentJobSyncs: number('concurrent-job-syncs') },
    CronJobController: { ConcurrentCronJobSyncs: number('concurrent-cron-job-syncs') },
    TTLAfterFinishedController: { ConcurrentTTLSyncs: number('concurrent-ttl-after-finished-syncs') },
    HPAController: {
      ConcurrentHorizontalPodAutoscalerSyncs: number(`concurrent-${autoscaler}-syncs`),
      HorizontalPodAutoscalerSyncPeriod: duration(`${autoscaler}-sync-period`),
      HorizontalPodAutoscalerDownscaleStabilizationWindow: duration(`${autoscaler}-downscale-stabilization`),
      HorizontalPodAutoscalerTolerance: number(`${autoscaler}-tolerance`),
      HorizontalPodAutoscalerCPUInitializationPeriod: duration(`${autoscaler}-cpu-initialization-period`),
      HorizontalPodAutoscalerInitialReadinessDelay: duration(`${autoscaler}-initial-readiness-delay`),
    },
    DeviceTaintEvictionController: { ConcurrentSyncs: number('concurrent-device-taint-eviction-syncs') },
    ResourceClaimController: { ConcurrentSyncs: number('concurrent-resourceclaim-syncs') },
    DeprecatedController: {},
  }
}

function endpoints({ number, duration }: Said): Configuration {
  return {
    EndpointController: {
      ConcurrentEndpointSyncs: number('concurrent-endpoint-syncs'),
      EndpointUpdatesBatchPeriod: duration('endpoint-updates-batch-period'),
    },
    EndpointSliceController: {
      ConcurrentServiceEndpointSyncs: number('concurrent-service-endpoint-syncs'),
      MaxEndpointsPerSlice: number('max-endpoints-per-slice'),
      EndpointUpdatesBatchPeriod: duration('endpointslice-updates-batch-period'),
    },
    EndpointSliceMirroringController: {
      MirroringConcurrentServiceEndpointSyncs: number('mirroring-concurrent-service-endpoint-syncs'),
      MirroringMaxEndpointsPerSubset: number('mirroring-max-endpoints-per-subset'),
      MirroringEndpointUpdatesBatchPeriod: duration('mirroring-endpointslice-updates-batch-period'),
    },
    ServiceController: { ConcurrentServiceSyncs: 1 },
  }
}

function lifeCycle({ number, text, duration }: Said): Configuration {
  return {
    GarbageCollectorController: {
      EnableGarbageCollector: true,
      ConcurrentGCSyncs: number('concurrent-gc-syncs'),
      GCIgnoredResources: [
        { Group: '', Resource: 'events' },
        { Group: 'events.k8s.io', Resource: 'events' },
      ],
    },
    LegacySATokenCleaner: { CleanUpPeriod: duration('legacy-service-account-token-clean-up-period') },
    NamespaceController: {
      NamespaceSyncPeriod: '5m0s',
      ConcurrentNamespaceSyncs: number('concurrent-namespace-syncs'),
    },
    PodGCController: { TerminatedPodGCThreshold: number('terminated-pod-gc-threshold') },
    ResourceQuotaController: {
      ResourceQuotaSyncPeriod: '5m0s',
      ConcurrentResourceQuotaSyncs: number('concurrent-resource-quota-syncs'),
    },
    SAController: {
      ServiceAccountKeyFile: text('service-account-private-key-file'),
      ConcurrentSATokenSyncs: number('concurrent-serviceaccount-token-syncs'),
      RootCAFile: text('root-ca-file'),
    },
    ValidatingAdmissionPolicyStatusController: {
      ConcurrentPolicySyncs: number('concurrent-validating-admission-policy-status-syncs'),
    },
  }
}

function nodes({ number, list, duration }: Said): Configuration {
  const [serviceCidr = '', secondaryServiceCidr = ''] = list('service-cluster-ip-range')
  return {
    NodeIPAMController: {
      ServiceCIDR: serviceCidr,
      SecondaryServiceCIDR: secondaryServiceCidr,
      NodeCIDRMaskSize: number('node-cidr-mask-size'),
      NodeCIDRMaskSizeIPv4: number('node-cidr-mask-size-ipv4'),
      NodeCIDRMaskSizeIPv6: number('node-cidr-mask-size-ipv6'),
    },
    NodeLifecycleController: {
      NodeEvictionRate: number('node-eviction-rate'),
      SecondaryNodeEvictionRate: number('secondary-node-eviction-rate'),
      NodeStartupGracePeriod: duration('node-startup-grace-period'),
      NodeMonitorGracePeriod: duration('node-monitor-grace-period'),
      PodEvictionTimeout: '0s',
      LargeClusterSizeThreshold: number('large-cluster-size-threshold'),
      UnhealthyZoneThreshold: number('unhealthy-zone-threshold'),
    },
  }
}

function volumes({ number, bool }: Said): Configuration {
  return {
    AttachDetachController: {
      DisableAttachDetachReconcilerSync: false,
      ReconcilerSyncLoopPeriod: '1m0s',
      disableForceDetachOnTimeout: bool('disable-force-detach-on-timeout'),
    },
    EphemeralVolumeController: { ConcurrentEphemeralVolumeSyncs: number('concurrent-ephemeralvolume-syncs') },
    PersistentVolumeBinderController: {
      PVClaimBinderSyncPeriod: '15s',
      VolumeConfiguration: {
        EnableHostPathProvisioning: false,
        EnableDynamicProvisioning: true,
        PersistentVolumeRecyclerConfiguration: {
          MaximumRetry: 3,
          MinimumTimeoutNFS: 300,
          PodTemplateFilePathNFS: '',
          IncrementTimeoutNFS: 30,
          PodTemplateFilePathHostPath: '',
          MinimumTimeoutHostPath: 60,
          IncrementTimeoutHostPath: 30,
        },
        FlexVolumePluginDir: '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/',
      },
    },
  }
}

function scheduler(said: Said, { name, scores, backOffFirstMs, backOffMaxMs }: SchedulingChoice): Configuration {
  return {
    kind: 'KubeSchedulerConfiguration',
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    parallelism: 16,
    leaderElection: leaderElection(said, 'kube-scheduler'),
    clientConnection: clientConnection(said),
    enableProfiling: false,
    enableContentionProfiling: false,
    percentageOfNodesToScore: 0,
    podInitialBackoffSeconds: backOffFirstMs / 1000,
    podMaxBackoffSeconds: backOffMaxMs / 1000,
    profiles: [shownProfile(name, scores)],
  }
}
