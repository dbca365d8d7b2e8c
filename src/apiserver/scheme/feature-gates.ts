/**
 * The feature gates of kube-apiserver 1.36, their state and how `--feature-gates` changes it. A gate that is off closes
 * resources (`gatedResources`) and fields (`gate=` in the schema); most name code of other components and change nothing
 * here, but are known, counted and refused where upstream refuses them.
 *
 * Sources: `kube-apiserver --help` of v1.36.3 and its metric `kubernetes_feature_enabled`;
 * https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/
 */

/** Names what in the flags cannot be served. */
export class ApiConfigError extends Error {
  override name = 'ApiConfigError'
}

export type Stage = 'ALPHA' | 'BETA' | 'GA' | 'DEPRECATED'

export interface FeatureGate {
  stage: Stage
  default: boolean
  /** It can be set to its default only. */
  locked: boolean
}

/** Whether each gate is open; has every gate of `featureGates`, `AllAlpha` and `AllBeta`. */
export type Gates = ReadonlyMap<string, boolean>

/** Stage, default and `locked` to it: the gates. */
const table: Readonly<Record<string, string>> = {
  'ALPHA off': `
    APIServingWithRoutine AllowUnsafeMalformedObjectDeletion CBORServingAndStorage CPUManagerPolicyAlphaOptions
    CRIListStreaming CSIVolumeHealth ClientsAllowCBOR ClientsPreferCBOR
    CloudControllerManagerWatchBasedRoutesReconciliation CloudControllerManagerWebhook ContainerStopSignals
    ControllerManagerReleaseLeaderElectionLockOnExit CrossNamespaceVolumeDataSource DRAListTypeAttributes
    DRANodeAllocatableResources DRAResourcePoolStatus DRAWorkloadResourceClaims EventedPLEG GangScheduling
    GenericWorkload HPAScaleToZero ImageVolumeWithDigest InPlacePodVerticalScalingExclusiveCPUs
    InPlacePodVerticalScalingExclusiveMemory KubeletInUserNamespace LoggingAlphaOptions
    ManifestBasedAdmissionControlConfig MemoryQoS MutablePVNodeAffinity NativeHistograms
    PersistentVolumeClaimUnusedSinceTime PodAndContainerStatsFromCRI PodLevelResourceManagers
    PodLogsQuerySplitStreams PodsAPI QOSReserved ReduceDefaultCrashLoopBackOffDecay RuntimeClassInImageCriApi
    ShardedListAndWatch StorageCapacityScoring StorageVersionAPI TaintTolerationComparisonOperators
    TopologyAwareWorkloadScheduling TopologyManagerPolicyAlphaOptions UserNamespacesHostNetworkSupport
    VolumeLimitScaling WindowsCPUAndMemoryAffinity WorkloadAwarePreemption WorkloadWithJob`,
  'BETA off': `
    ClusterTrustBundle ClusterTrustBundleProjection ConcurrentWatchObjectDecode CoordinatedLeaderElection
    DRADeviceTaintRules LocalStorageCapacityIsolationFSQuotaMonitoring MaxUnavailableStatefulSet
    PodCertificateRequest SELinuxMount SchedulerAsyncAPICalls StorageVersionMigrator`,
  'BETA on': `
    APIResponseCompression APIServerIdentity AllowParsingUserUIDFromCertAuth AtomicFIFO
    AuthorizePodWebsocketUpgradeCreatePermission CPUManagerPolicyBetaOptions CRDObservedGenerationTracking
    ClearingNominatedNodeNameAfterBinding ClientsAllowCARotation ClientsAllowTLSCacheGC ComponentFlagz
    ComponentStatusz ConstrainedImpersonation ContainerCheckpoint ContainerRestartRules ContextualLogging
    DRAConsumableCapacity DRADeviceBindingConditions DRADeviceTaints DRAExtendedResource DRAPartitionableDevices
    DRAResourceClaimDeviceStatus DRAResourceClaimGranularStatusAuthorization DRASchedulerFilterTimeout
    DeclarativeValidationBeta DeploymentReplicaSetTerminatingReplicas DetectCacheInconsistency EnvFiles
    ExtendWebSocketsToKubelet GracefulNodeShutdown GracefulNodeShutdownBasedOnPodPriority HPAConfigurableTolerance
    HostnameOverride InOrderInformersBatchProcess InPlacePodLevelResourcesVerticalScaling
    InPlacePodVerticalScalingInitContainers KubeletCrashLoopBackOffMax KubeletEnsureSecretPulledImages
    KubeletSeparateDiskGC KubeletServiceAccountTokenForCredentialProviders ListFromCacheSnapshot LoggingBetaOptions
    MatchLabelKeysInPodTopologySpread MatchLabelKeysInPodTopologySpreadSelectorMerge
    MutablePodResourcesForSuspendedJobs MutableSchedulingDirectivesForSuspendedJobs NodeDeclaredFeatures
    NominatedNodeNameForExpectation OpenAPIEnums OpportunisticBatching PLEGOnDemandRelist PodDeletionCost
    PodLevelResources PodReadyToStartContainersCondition PodTopologyLabelsAdmission PortForwardWebsockets
    PreventStaticPodAPIReferences RelaxedServiceNameValidation ReloadKubeletClientCAFile
    ReloadKubeletServerCertificateFile RemoteRequestHeaderUID ResourceHealthStatus ResourceHealthStatusMessage
    RestartAllContainersOnContainerExits RotateKubeletServerCertificate SchedulerAsyncPreemption
    SchedulerPopFromBackoffQ ServiceAccountNodeAudienceRestriction SizeBasedListCostEstimate
    StaleControllerConsistencyDaemonSet StaleControllerConsistencyJob StaleControllerConsistencyReplicaSet
    StaleControllerConsistencyStatefulSet StatefulSetSemanticRevisionComparison StorageVersionHash
    StrictIPCIDRValidation StructuredAuthenticationConfigurationEgressSelector
    StructuredAuthenticationConfigurationJWKSMetrics TokenRequestServiceAccountUIDValidation
    TopologyManagerPolicyBetaOptions TranslateStreamCloseWebsocketRequests UnauthenticatedHTTP2DOSMitigation
    UnknownVersionInteroperabilityProxy UnlockWhileProcessingFIFO WatchCacheInitializationPostStartHook WatchList
    WatchListClient WindowsGracefulNodeShutdown`,
  'GA on': `
    AllowServiceExternalIPs CustomCPUCFSQuotaPeriod DRAPrioritizedList InformerResourceVersion
    MutatingAdmissionPolicy`,
  'GA on locked': `
    APIServerTracing AnonymousAuthConfigurableEndpoints AnyVolumeDataSource AuthorizeNodeWithSelectors
    AuthorizeWithSelectors BtreeWatchCache CPUManagerPolicyOptions CRDValidationRatcheting
    CSIServiceAccountTokenSecrets ConsistentListFromCache CustomResourceFieldSelectors DRAAdminAccess
    DeclarativeValidation DisableAllocatorDualWrite DynamicResourceAllocation ExecProbeTimeout
    ExternalServiceAccountTokenSigner ImageMaximumGCAge ImageVolume InOrderInformers InPlacePodVerticalScaling
    JobBackoffLimitPerIndex JobManagedBy JobPodReplacementPolicy JobSuccessPolicy KubeletCgroupDriverFromCRI
    KubeletFineGrainedAuthz KubeletPSI KubeletPodResourcesDynamicResources KubeletPodResourcesGet KubeletTracing
    LogarithmicScaleDown MatchLabelKeysInPodAffinity MultiCIDRServiceAllocator MutableCSINodeAllocatableCount
    NFTablesProxyMode NodeInclusionPolicyInPodTopologySpread NodeLogQuery NodeSwap OrderedNamespaceDeletion
    PodLifecycleSleepAction PodLifecycleSleepActionAllowZero PodObservedGenerationTracking PodSchedulingReadiness
    PreferSameTrafficDistribution ProcMountType RecoverVolumeExpansionFailure RecursiveReadOnlyMounts
    RelaxedDNSSearchValidation RelaxedEnvironmentVariableValidation ResilientWatchCacheInitialization
    RetryGenerateName SELinuxChangePolicy SELinuxMountReadWriteOncePod SchedulerQueueingHints
    SeparateTaintEvictionController ServiceAccountTokenJTI ServiceAccountTokenNodeBinding
    ServiceAccountTokenNodeBindingValidation ServiceAccountTokenPodNodeInfo SidecarContainers
    StreamingCollectionEncodingToJSON StreamingCollectionEncodingToProtobuf StructuredAuthenticationConfiguration
    SupplementalGroupsPolicy SystemdWatchdog TopologyManagerPolicyOptions UserNamespacesSupport
    VolumeAttributesClass WinDSR WinOverlay`,
  'DEPRECATED off': `
    AllowDNSOnlyNodeCSR AllowInsecureKubeletCertificateSigningRequests ChangeContainerStatusOnKubeletRestart
    DeclarativeValidationTakeover KMSv1 KubeletRegistrationGetOnExistsOnly WindowsHostNetwork`,
  'DEPRECATED off locked': `
    AllowOverwriteTerminationGracePeriodSeconds GitRepoVolumeDriver SeparateCacheWatchRPC`,
  'DEPRECATED on': `
    DisableCPUQuotaWithExclusiveCPUs KubeletPodResourcesListUseActivePods ServiceCIDRStatusFieldWiping
    StorageNamespaceIndex`,
  'DEPRECATED on locked': `
    AggregatedDiscoveryRemoveBetaType DisableNodeKubeProxyVersion`,
}

/** Gates that are no use without others; one that is locked open is not named. */
const needs: Readonly<Record<string, readonly string[]>> = {
  ClusterTrustBundleProjection: ['ClusterTrustBundle'],
  DRADeviceBindingConditions: ['DRAResourceClaimDeviceStatus'],
  DRADeviceTaintRules: ['DRADeviceTaints'],
  DRAResourceClaimGranularStatusAuthorization: ['DRAResourceClaimDeviceStatus'],
  DRAWorkloadResourceClaims: ['GenericWorkload'],
  ExtendWebSocketsToKubelet: ['NodeDeclaredFeatures'],
  GangScheduling: ['GenericWorkload'],
  GracefulNodeShutdownBasedOnPodPriority: ['GracefulNodeShutdown'],
  InPlacePodLevelResourcesVerticalScaling: ['NodeDeclaredFeatures', 'PodLevelResources'],
  InPlacePodVerticalScalingInitContainers: ['NodeDeclaredFeatures'],
  MatchLabelKeysInPodTopologySpreadSelectorMerge: ['MatchLabelKeysInPodTopologySpread'],
  PodLevelResourceManagers: ['PodLevelResources'],
  ResourceHealthStatusMessage: ['ResourceHealthStatus'],
  RestartAllContainersOnContainerExits: ['ContainerRestartRules', 'NodeDeclaredFeatures'],
  StaleControllerConsistencyDaemonSet: ['AtomicFIFO'],
  StaleControllerConsistencyJob: ['AtomicFIFO'],
  StaleControllerConsistencyReplicaSet: ['AtomicFIFO'],
  StaleControllerConsistencyStatefulSet: ['AtomicFIFO'],
  TopologyAwareWorkloadScheduling: ['GenericWorkload'],
  UserNamespacesHostNetworkSupport: ['NodeDeclaredFeatures'],
  WindowsGracefulNodeShutdown: ['GracefulNodeShutdown'],
  WorkloadAwarePreemption: ['GangScheduling'],
  WorkloadWithJob: ['GenericWorkload'],
  StorageVersionAPI: ['APIServerIdentity'],
  UnknownVersionInteroperabilityProxy: ['APIServerIdentity'],
}

/** Closed unless their gate is open too, whatever `--runtime-config` says. By gate: `plural.group`. */
export const gatedResources: Readonly<Record<string, readonly string[]>> = {
  ClusterTrustBundle: ['clustertrustbundles.certificates.k8s.io'],
  GenericWorkload: ['podgroups.scheduling.k8s.io', 'workloads.scheduling.k8s.io'],
  PodCertificateRequest: ['podcertificaterequests.certificates.k8s.io'],
  StorageVersionMigrator: ['storageversionmigrations.storagemigration.k8s.io'],
}

export const featureGates: ReadonlyMap<string, FeatureGate> = new Map(
  Object.entries(table).flatMap(([state, names]) => {
    const [stage, value, locked] = state.split(' ')
    const gate = { stage: stage as Stage, default: value === 'on', locked: locked !== undefined }
    return names.split(/\s+/).flatMap((name): [string, FeatureGate][] => (name === '' ? [] : [[name, gate]]))
  }),
)

const allOf: Readonly<Record<string, Stage>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' }

export const defaultGates: Gates = gatesOf(new Map())

/**
 * Of `NAME=true` words as `--feature-gates` has them, the last for a name counts; `kube:` before a name may stand. Throws
 * `ApiConfigError` with upstream's words.
 */
export function readFeatureGates(words: readonly string[]): Gates {
  const wanted = new Map(words.map(readWord))
  for (const [name, on] of wanted) {
    const gate = featureGates.get(name)
    if (!gate && !Object.hasOwn(allOf, name)) throw new ApiConfigError(`unrecognized feature gate: ${name}`)
    if (gate?.locked && gate.default !== on) {
      throw new ApiConfigError(`cannot set feature gate ${name} to ${on}, feature is locked to ${gate.default}`)
    }
  }
  const gates = gatesOf(wanted)
  const missing = Object.entries(needs).flatMap(([name, others]) => {
    const closed = others.filter((other) => !gates.get(other))
    if (!gates.get(name) || closed.length === 0) return []
    return [`${name} is enabled, but depends on features that are disabled: [${closed.join(' ')}]`]
  })
  if (missing.length > 1) throw new ApiConfigError(`[${missing.join(', ')}]`)
  if (missing[0]) throw new ApiConfigError(missing[0])
  return gates
}

/** Names of those that are open. */
export function openGates(gates: Gates): ReadonlySet<string> {
  return new Set([...gates].filter(([, on]) => on).map(([name]) => name))
}

function gatesOf(wanted: ReadonlyMap<string, boolean>): Gates {
  const gates = new Map([...featureGates].map(([name, gate]) => [name, gate.default]))
  for (const [all, stage] of Object.entries(allOf)) {
    const on = wanted.get(all)
    if (on !== undefined) for (const [name, gate] of featureGates) if (gate.stage === stage) gates.set(name, on)
    gates.set(all, on ?? false)
  }
  for (const [name, on] of wanted) gates.set(name, on)
  return gates
}

function readWord(word: string): [string, boolean] {
  const [, component = 'kube', setting = ''] = /^(?:([^:=]*):)?(.*)$/s.exec(word) ?? []
  if (component !== 'kube') throw new ApiConfigError(`component not registered: ${component}`)
  const at = setting.indexOf('=')
  const name = (at < 0 ? setting : setting.slice(0, at)).trim()
  if (at < 0) throw new ApiConfigError(`missing bool value for ${name}`)
  const value = setting.slice(at + 1).trim()
  const on = booleans.get(value)
  if (on === undefined) {
    throw new ApiConfigError(
      `invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
    )
  }
  return [name, on]
}

/** All spellings that Go's flags take. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, false] as const),
])
