/** Types of the core group about node. The format is described in `../schema.ts`. */
export const nodeTypes: Record<string, string> = {
  AttachedVolume: `A volume that is attached to a node.
    name 1 string! | Name of the volume.
    devicePath 2 string! | Where the device is.`,
  AvoidPods: `Pods that a node would rather not have; not used.
    preferAvoidPods 1 []PreferAvoidPodsEntry atomic | The pods.`,
  ConfigMapNodeConfigSource: `A kubelet's configuration in a ConfigMap; no longer supported.
    namespace 1 string! | Its namespace.
    name 2 string! | Its name.
    uid 3 string | Its uid.
    resourceVersion 4 string | Its version.
    kubeletConfigKey 5 string! | The entry that holds the configuration.`,
  DaemonEndpoint: `Where a daemon listens.
    Port 1 int32! | The port.`,
  ImageVolumeStatus: `The image behind an image volume.
    imageRef 1 string required | Digest of the image that is mounted.`,
  Node: `[kind] A machine that runs pods.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 NodeSpec | What is wanted.
    status 3 NodeStatus | What was last observed; written by the system.`,
  NodeAddress: `An address or name of a node.
    type 1 string! | InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS.
    address 2 string! | The address or name.`,
  NodeAllocatableResourceClaimStatus: `What a claim takes of a node's own resources.
    resourceClaimName 1 string! | Name of the claim.
    containers 2 []string set | The containers that use it.
    resources 3 map[quantity]! | The amounts.`,
  NodeCondition: `One aspect of a node's state, such as Ready or DiskPressure.
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    lastHeartbeatTime 3 time | When the condition was last reported.
    lastTransitionTime 4 time | When the status last changed.
    reason 5 string | A word in CamelCase, for programs, for the last change.
    message 6 string | A sentence for people about the last change.`,
  NodeConfigSource: `Where a kubelet's configuration comes from; no longer supported.
    configMap 2 *ConfigMapNodeConfigSource | A ConfigMap.`,
  NodeConfigStatus: `A kubelet's configuration; no longer supported.
    assigned 1 *NodeConfigSource | The one that it shall use.
    active 2 *NodeConfigSource | The one that it uses.
    lastKnownGood 3 *NodeConfigSource | The one that it falls back to.
    error 4 string | What is wrong with the assigned one.`,
  NodeDaemonEndpoints: `Where a node's daemons listen.
    kubeletEndpoint 1 DaemonEndpoint | The kubelet.`,
  NodeFeatures: `What the container runtime can do.
    supplementalGroupsPolicy 1 *bool | It knows supplementalGroupsPolicy.`,
  NodeProxyOptions: `[kind] Query parameters of a proxied request to a node.
    path 1 string | Path of the request to the kubelet.`,
  NodeRuntimeHandler: `A handler of the container runtime.
    name 1 string always | Its name; empty is the default handler.
    features 2 *NodeRuntimeHandlerFeatures | What it can do.`,
  NodeRuntimeHandlerFeatures: `What a handler can do.
    recursiveReadOnlyMounts 1 *bool | Mounts that are read-only all the way down.
    userNamespaces 2 *bool | User namespaces.`,
  NodeSpec: `Settings of a node.
    podCIDR 1 string | Addresses for its pods.
    podCIDRs 7 []string set patch=merge | Addresses for its pods, one range per IP family.
    providerID 3 string | The machine's id at its cloud, as provider://id.
    unschedulable 4 bool | No new pods are placed here.
    taints 5 []Taint atomic | Keep pods away that do not tolerate them.
    configSource 6 *NodeConfigSource | No longer supported.
    externalID 2 string | Not used.`,
  NodeStatus: `What is known of a node.
    capacity 1 map[quantity] | Resources of the machine.
    allocatable 2 map[quantity] | Resources that pods may use.
    phase 3 string enum(Pending,Running,Terminated) | Not used.
    conditions 4 []NodeCondition map(type) patch=merge(type) | Aspects of the state.
    addresses 5 []NodeAddress map(type) patch=merge(type) | Its addresses and names.
    daemonEndpoints 6 NodeDaemonEndpoints | Where its daemons listen.
    nodeInfo 7 NodeSystemInfo | Facts about the machine and its software.
    images 8 []ContainerImage atomic | Images that it holds.
    volumesInUse 9 []string atomic | Attachable volumes that are mounted.
    volumesAttached 10 []AttachedVolume atomic | Volumes that are attached.
    config 11 *NodeConfigStatus | No longer supported.
    runtimeHandlers 12 []NodeRuntimeHandler atomic | Handlers of its container runtime.
    features 13 *NodeFeatures | What its container runtime can do.
    declaredFeatures 14 []string atomic gate=NodeDeclaredFeatures | Features of the kubelet that scheduling depends on.`,
  NodeSwapStatus: `Swap of a node.
    capacity 1 *int64 | Bytes in all.`,
  NodeSystemInfo: `Facts about a machine and its software.
    machineID 1 string! | Id from /etc/machine-id.
    systemUUID 2 string! | Id that the firmware tells.
    bootID 3 string! | Id of the current boot.
    kernelVersion 4 string! | Version of the kernel.
    osImage 5 string! | Name of the distribution.
    containerRuntimeVersion 6 string! | Runtime and version, as containerd://1.7.
    kubeletVersion 7 string! | Version of the kubelet.
    kubeProxyVersion 8 string! | Not filled in any more.
    operatingSystem 9 string! | linux or windows.
    architecture 10 string! | Such as amd64 or arm64.
    swap 11 *NodeSwapStatus | Its swap.`,
  PodSignature: `Marks pods by their controller.
    podController 1 *OwnerReference | The controller.`,
  PreferAvoidPodsEntry: `Pods that a node would rather not have.
    podSignature 1 PodSignature always | The pods.
    evictionTime 2 time | When the entry was made.
    reason 3 string | A word in CamelCase.
    message 4 string | A sentence for people.`,
  Taint: `Keeps pods away from a node.
    key 1 string! | Name of the taint.
    value 2 string | Its value.
    effect 3 string! enum(NoExecute,NoSchedule,PreferNoSchedule) | NoSchedule, PreferNoSchedule, or NoExecute, which also evicts.
    timeAdded 4 *time | When a NoExecute taint was added.`,
}
