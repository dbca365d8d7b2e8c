/** Types of the core group about pod. The format is described in `../schema.ts`. */
export const podTypes: Record<string, string> = {
  Affinity: `
    nodeAffinity 1 *NodeAffinity
    podAffinity 2 *PodAffinity
    podAntiAffinity 3 *PodAntiAffinity`,
  HostAlias: `
    ip 1 string!
    hostnames 2 []string atomic`,
  HostIP: `
    ip 1 string!`,
  LocalObjectReference: `[atomic]
    name 1 string`,
  NodeAffinity: `
    requiredDuringSchedulingIgnoredDuringExecution 1 *NodeSelector
    preferredDuringSchedulingIgnoredDuringExecution 2 []PreferredSchedulingTerm atomic`,
  NodeSelector: `[atomic]
    nodeSelectorTerms 1 []NodeSelectorTerm! atomic`,
  NodeSelectorRequirement: `
    key 1 string!
    operator 2 string!
    values 3 []string atomic`,
  NodeSelectorTerm: `[atomic]
    matchExpressions 1 []NodeSelectorRequirement atomic
    matchFields 2 []NodeSelectorRequirement atomic`,
  Pod: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 PodSpec | What is wanted.
    status 3 PodStatus | What was last observed; written by the system.`,
  PodAffinity: `
    requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm atomic
    preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm atomic`,
  PodAffinityTerm: `
    labelSelector 1 *LabelSelector
    namespaces 2 []string atomic
    topologyKey 3 string!
    namespaceSelector 4 *LabelSelector
    matchLabelKeys 5 []string atomic
    mismatchLabelKeys 6 []string atomic`,
  PodAntiAffinity: `
    requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm atomic
    preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm atomic`,
  PodAttachOptions: `[kind]
    stdin 1 bool
    stdout 2 bool
    stderr 3 bool
    tty 4 bool
    container 5 string`,
  PodCondition: `
    type 1 string! | What the condition is about.
    observedGeneration 7 int64 | The generation of the object that the condition was made from.
    status 2 string! | True, False or Unknown.
    lastProbeTime 3 time | When the condition was last checked.
    lastTransitionTime 4 time | When the status last changed.
    reason 5 string | A word in CamelCase, for programs, for the last change.
    message 6 string | A sentence for people about the last change.`,
  PodDNSConfig: `
    nameservers 1 []string atomic
    searches 2 []string atomic
    options 3 []PodDNSConfigOption atomic`,
  PodDNSConfigOption: `
    name 1 string
    value 2 *string`,
  PodExecOptions: `[kind]
    stdin 1 bool
    stdout 2 bool
    stderr 3 bool
    tty 4 bool
    container 5 string
    command 6 []string atomic always`,
  PodExtendedResourceClaimStatus: `
    requestMappings 1 []ContainerExtendedResourceRequest! atomic
    resourceClaimName 2 string!`,
  PodIP: `
    ip 1 string!`,
  PodLogOptions: `[kind]
    container 1 string
    follow 2 bool
    previous 3 bool
    sinceSeconds 4 *int64
    sinceTime 5 *time
    timestamps 6 bool
    tailLines 7 *int64
    limitBytes 8 *int64
    insecureSkipTLSVerifyBackend 9 bool
    stream 10 *string`,
  PodOS: `
    name 1 string!`,
  PodPortForwardOptions: `[kind]
    ports 1 []int32 atomic`,
  PodProxyOptions: `[kind]
    path 1 string`,
  PodReadinessGate: `
    conditionType 1 string!`,
  PodResourceClaim: `
    name 1 string!
    resourceClaimName 3 *string
    resourceClaimTemplateName 4 *string`,
  PodResourceClaimStatus: `
    name 1 string!
    resourceClaimName 2 *string`,
  PodSchedulingGate: `
    name 1 string!`,
  PodSchedulingGroup: `[union(podGroupName=PodGroupName)]
    podGroupName 1 *string`,
  PodSecurityContext: `
    seLinuxOptions 1 *SELinuxOptions
    windowsOptions 8 *WindowsSecurityContextOptions
    runAsUser 2 *int64
    runAsGroup 6 *int64
    runAsNonRoot 3 *bool
    supplementalGroups 4 []int64 atomic
    supplementalGroupsPolicy 12 *string
    fsGroup 5 *int64
    sysctls 7 []Sysctl atomic
    fsGroupChangePolicy 9 *string
    seccompProfile 10 *SeccompProfile
    appArmorProfile 11 *AppArmorProfile
    seLinuxChangePolicy 13 *string`,
  PodSpec: `
    volumes 1 []Volume map(name) patch=merge,retainKeys(name)
    initContainers 20 []Container map(name) patch=merge(name)
    containers 2 []Container! map(name) patch=merge(name)
    ephemeralContainers 34 []EphemeralContainer map(name) patch=merge(name)
    restartPolicy 3 string
    terminationGracePeriodSeconds 4 *int64
    activeDeadlineSeconds 5 *int64
    dnsPolicy 6 string
    nodeSelector 7 map[string] atomic
    serviceAccountName 8 string
    serviceAccount 9 string
    automountServiceAccountToken 21 *bool
    nodeName 10 string
    hostNetwork 11 bool
    hostPID 12 bool
    hostIPC 13 bool
    shareProcessNamespace 27 *bool
    securityContext 14 *PodSecurityContext
    imagePullSecrets 15 []LocalObjectReference map(name) patch=merge(name)
    hostname 16 string
    subdomain 17 string
    affinity 18 *Affinity
    schedulerName 19 string
    tolerations 22 []Toleration atomic
    hostAliases 23 []HostAlias map(ip) patch=merge(ip)
    priorityClassName 24 string
    priority 25 *int32
    dnsConfig 26 *PodDNSConfig
    readinessGates 28 []PodReadinessGate atomic
    runtimeClassName 29 *string
    enableServiceLinks 30 *bool
    preemptionPolicy 31 *string
    overhead 32 map[quantity]
    topologySpreadConstraints 33 []TopologySpreadConstraint map(topologyKey,whenUnsatisfiable) patch=merge(topologyKey)
    setHostnameAsFQDN 35 *bool
    os 36 *PodOS
    hostUsers 37 *bool
    schedulingGates 38 []PodSchedulingGate map(name) patch=merge(name)
    resourceClaims 39 []PodResourceClaim map(name) patch=merge,retainKeys(name)
    resources 40 *ResourceRequirements
    hostnameOverride 41 *string
    schedulingGroup 43 *PodSchedulingGroup`,
  PodStatus: `
    observedGeneration 17 int64
    phase 1 string
    conditions 2 []PodCondition map(type) patch=merge(type)
    message 3 string
    reason 4 string
    nominatedNodeName 11 string
    hostIP 5 string
    hostIPs 16 []HostIP atomic patch=merge(ip)
    podIP 6 string
    podIPs 12 []PodIP map(ip) patch=merge(ip)
    startTime 7 *time
    initContainerStatuses 10 []ContainerStatus atomic
    containerStatuses 8 []ContainerStatus atomic
    qosClass 9 string
    ephemeralContainerStatuses 13 []ContainerStatus atomic
    resize 14 string
    resourceClaimStatuses 15 []PodResourceClaimStatus map(name) patch=merge,retainKeys(name)
    extendedResourceClaimStatus 18 *PodExtendedResourceClaimStatus
    allocatedResources 19 map[quantity]
    resources 20 *ResourceRequirements
    nodeAllocatableResourceClaimStatuses 21 []NodeAllocatableResourceClaimStatus atomic`,
  PodStatusResult: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    status 2 PodStatus | What was last observed; written by the system.`,
  PodTemplate: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    template 2 PodTemplateSpec`,
  PodTemplateSpec: `
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 PodSpec | What is wanted.`,
  PreferredSchedulingTerm: `
    weight 1 int32!
    preference 2 NodeSelectorTerm!`,
  Sysctl: `
    name 1 string!
    value 2 string!`,
  Toleration: `
    key 1 string
    operator 2 string
    value 3 string
    effect 4 string
    tolerationSeconds 5 *int64`,
  TopologySpreadConstraint: `
    maxSkew 1 int32!
    topologyKey 2 string!
    whenUnsatisfiable 3 string!
    labelSelector 4 *LabelSelector
    minDomains 5 *int32
    nodeAffinityPolicy 6 *string
    nodeTaintsPolicy 7 *string
    matchLabelKeys 8 []string atomic`,
  WeightedPodAffinityTerm: `
    weight 1 int32!
    podAffinityTerm 2 PodAffinityTerm!`,
}
