/** Types of the core group about node. The format is described in `../schema.ts`. */
export const nodeTypes: Record<string, string> = {
  AttachedVolume: `
    name 1 string!
    devicePath 2 string!`,
  AvoidPods: `
    preferAvoidPods 1 []PreferAvoidPodsEntry atomic`,
  ConfigMapNodeConfigSource: `
    namespace 1 string!
    name 2 string!
    uid 3 string
    resourceVersion 4 string
    kubeletConfigKey 5 string!`,
  DaemonEndpoint: `
    Port 1 int32!`,
  ImageVolumeStatus: `
    imageRef 1 string required`,
  Node: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 NodeSpec | What is wanted.
    status 3 NodeStatus | What was last observed; written by the system.`,
  NodeAddress: `
    type 1 string!
    address 2 string!`,
  NodeAllocatableResourceClaimStatus: `
    resourceClaimName 1 string!
    containers 2 []string set
    resources 3 map[quantity]!`,
  NodeCondition: `
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    lastHeartbeatTime 3 time | When the condition was last reported.
    lastTransitionTime 4 time | When the status last changed.
    reason 5 string | A word in CamelCase, for programs, for the last change.
    message 6 string | A sentence for people about the last change.`,
  NodeConfigSource: `
    configMap 2 *ConfigMapNodeConfigSource`,
  NodeConfigStatus: `
    assigned 1 *NodeConfigSource
    active 2 *NodeConfigSource
    lastKnownGood 3 *NodeConfigSource
    error 4 string`,
  NodeDaemonEndpoints: `
    kubeletEndpoint 1 DaemonEndpoint`,
  NodeFeatures: `
    supplementalGroupsPolicy 1 *bool`,
  NodeProxyOptions: `[kind]
    path 1 string`,
  NodeRuntimeHandler: `
    name 1 string always
    features 2 *NodeRuntimeHandlerFeatures`,
  NodeRuntimeHandlerFeatures: `
    recursiveReadOnlyMounts 1 *bool
    userNamespaces 2 *bool`,
  NodeSpec: `
    podCIDR 1 string
    podCIDRs 7 []string set patch=merge
    providerID 3 string
    unschedulable 4 bool
    taints 5 []Taint atomic
    configSource 6 *NodeConfigSource
    externalID 2 string`,
  NodeStatus: `
    capacity 1 map[quantity]
    allocatable 2 map[quantity]
    phase 3 string
    conditions 4 []NodeCondition map(type) patch=merge(type)
    addresses 5 []NodeAddress map(type) patch=merge(type)
    daemonEndpoints 6 NodeDaemonEndpoints
    nodeInfo 7 NodeSystemInfo
    images 8 []ContainerImage atomic
    volumesInUse 9 []string atomic
    volumesAttached 10 []AttachedVolume atomic
    config 11 *NodeConfigStatus
    runtimeHandlers 12 []NodeRuntimeHandler atomic
    features 13 *NodeFeatures
    declaredFeatures 14 []string atomic`,
  NodeSwapStatus: `
    capacity 1 *int64`,
  NodeSystemInfo: `
    machineID 1 string!
    systemUUID 2 string!
    bootID 3 string!
    kernelVersion 4 string!
    osImage 5 string!
    containerRuntimeVersion 6 string!
    kubeletVersion 7 string!
    kubeProxyVersion 8 string!
    operatingSystem 9 string!
    architecture 10 string!
    swap 11 *NodeSwapStatus`,
  PodSignature: `
    podController 1 *OwnerReference`,
  PreferAvoidPodsEntry: `
    podSignature 1 PodSignature always
    evictionTime 2 time
    reason 3 string
    message 4 string`,
  Taint: `
    key 1 string!
    value 2 string
    effect 3 string!
    timeAdded 4 *time`,
}
