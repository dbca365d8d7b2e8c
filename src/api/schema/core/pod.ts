/** Types of the core group about pod. The format is described in `../schema.ts`. */
export const podTypes: Record<string, string> = {
  Affinity: `Wishes about where a pod runs.
    nodeAffinity 1 *NodeAffinity | By labels of nodes.
    podAffinity 2 *PodAffinity | Near certain other pods.
    podAntiAffinity 3 *PodAntiAffinity | Away from certain other pods.`,
  HostAlias: `Lines for the pod's /etc/hosts.
    ip 1 string! | Address of the line.
    hostnames 2 []string atomic | Names for the address.`,
  HostIP: `An address of the pod's node.
    ip 1 string! | The address.`,
  LocalObjectReference: `[atomic] Names an object in the same namespace.
    name 1 string | Name of the object.`,
  NodeAffinity: `Which nodes suit a pod, by their labels.
    requiredDuringSchedulingIgnoredDuringExecution 1 *NodeSelector | Only nodes that match are taken; later changes of labels move no pod.
    preferredDuringSchedulingIgnoredDuringExecution 2 []PreferredSchedulingTerm atomic | Nodes that match are favoured, by the sum of their weights.`,
  NodeSelector: `[atomic] Nodes that match at least one of its terms.
    nodeSelectorTerms 1 []NodeSelectorTerm! atomic | The terms; one match is enough.`,
  NodeSelectorRequirement: `A rule about one label or field of a node.
    key 1 string! | Name of the label or field.
    operator 2 string! enum(DoesNotExist,Exists,Gt,In,Lt,NotIn) | In, NotIn, Exists, DoesNotExist, Gt or Lt.
    values 3 []string atomic | Compared with the node's value; one integer for Gt and Lt, none for Exists and DoesNotExist.`,
  NodeSelectorTerm: `[atomic] Rules that must all hold; an empty term matches no node.
    matchExpressions 1 []NodeSelectorRequirement atomic | Rules about labels.
    matchFields 2 []NodeSelectorRequirement atomic | Rules about fields; only metadata.name.`,
  Pod: `[kind] A group of containers that share network and volumes and run on one node.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 PodSpec | What is wanted.
    status 3 PodStatus | What was last observed; written by the system.`,
  PodAffinity: `Which pods a pod wants to be near to.
    requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm atomic | Every term must hold when the pod is placed.
    preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm atomic | Places where terms hold are favoured, by the sum of their weights.`,
  PodAffinityTerm: `A set of pods, and how near "near" is.
    labelSelector 1 *LabelSelector | Selects the other pods; absent selects none.
    namespaces 2 []string atomic | Namespaces of the other pods; empty with no namespaceSelector is the pod's own.
    topologyKey 3 string! | Two nodes are near when this label has the same value on both.
    namespaceSelector 4 *LabelSelector | Adds namespaces by label; {} is all of them.
    matchLabelKeys 5 []string atomic | Labels of the new pod whose values the others must share.
    mismatchLabelKeys 6 []string atomic | Labels of the new pod whose values the others must not share.`,
  PodAntiAffinity: `Which pods a pod wants to be away from.
    requiredDuringSchedulingIgnoredDuringExecution 1 []PodAffinityTerm atomic | Places near a pod of any of these terms are ruled out.
    preferredDuringSchedulingIgnoredDuringExecution 2 []WeightedPodAffinityTerm atomic | Places near such pods are disfavoured, by the sum of their weights.`,
  PodAttachOptions: `[kind] Query parameters of attaching to a running container.
    stdin 1 bool | Send standard input.
    stdout 2 bool | Receive standard output.
    stderr 3 bool | Receive standard error.
    tty 4 bool | The container has a terminal; output and errors then come as one.
    container 5 string | Which container; may be left out when there is only one.`,
  PodCondition: `One aspect of a pod's state, such as Ready.
    type 1 string! | What the condition is about.
    observedGeneration 7 int64 | The generation of the object that the condition was made from.
    status 2 string! | True, False or Unknown.
    lastProbeTime 3 time | When the condition was last checked.
    lastTransitionTime 4 time | When the status last changed.
    reason 5 string | A word in CamelCase, for programs, for the last change.
    message 6 string | A sentence for people about the last change.`,
  PodDNSConfig: `Additions to the resolver settings that come from dnsPolicy.
    nameservers 1 []string atomic | Addresses of DNS servers.
    searches 2 []string atomic | Domains to search for short names.
    options 3 []PodDNSConfigOption atomic | Options of the resolver.`,
  PodDNSConfigOption: `An option of the resolver.
    name 1 string | Name of the option, such as ndots.
    value 2 *string | Its value, if it has one.`,
  PodExecOptions: `[kind] Query parameters of running a command in a container.
    stdin 1 bool | Send standard input.
    stdout 2 bool | Receive standard output.
    stderr 3 bool | Receive standard error.
    tty 4 bool | Give the command a terminal; output and errors then come as one.
    container 5 string | Which container; may be left out when there is only one.
    command 6 []string atomic always | Program and arguments; no shell is involved.`,
  PodExtendedResourceClaimStatus: `The claim made for extended resources that devices back.
    requestMappings 1 []ContainerExtendedResourceRequest! atomic | Which request of the claim serves which container's resource.
    resourceClaimName 2 string! | Name of the claim.`,
  PodIP: `An address of a pod.
    ip 1 string! | The address.`,
  PodLogOptions: `[kind] Query parameters of reading a container's log.
    container 1 string | Which container; may be left out when there is only one.
    follow 2 bool | Keep sending new lines.
    previous 3 bool | Of the container before the last restart.
    sinceSeconds 4 *int64 | Only lines newer than this many seconds.
    sinceTime 5 *time | Only lines newer than this time.
    timestamps 6 bool | Begin each line with its time.
    tailLines 7 *int64 | Only this many lines from the end.
    limitBytes 8 *int64 | Stop after this many bytes.
    insecureSkipTLSVerifyBackend 9 bool | Do not verify the kubelet's certificate; what is read may then be forged.
    stream 10 *string | All, Stdout or Stderr.`,
  PodOS: `The operating system that a pod needs.
    name 1 string! | linux or windows.`,
  PodPortForwardOptions: `[kind] Query parameters of forwarding ports to a pod.
    ports 1 []int32 atomic | The pod's ports.`,
  PodProxyOptions: `[kind] Query parameters of a proxied request to a pod.
    path 1 string | Path of the request to the pod.`,
  PodReadinessGate: `A condition that must be True before a pod counts as ready.
    conditionType 1 string! | Type of the condition.`,
  PodResourceClaim: `Gives a pod a claim of devices, under a name for its containers.
    name 1 string! | Name by which containers refer to it.
    resourceClaimName 3 *string | An existing claim in the same namespace.
    resourceClaimTemplateName 4 *string | A template from which a claim is made for this pod alone.`,
  PodResourceClaimStatus: `The claim that stands behind an entry of spec.resourceClaims.
    name 1 string! | The entry's name.
    resourceClaimName 2 *string | The claim made for it; absent when none was needed.`,
  PodSchedulingGate: `Keeps a pod from being scheduled while it is there.
    name 1 string! | Tells the gates of a pod apart.`,
  PodSchedulingGroup: `[union(podGroupName=PodGroupName)] The group that a pod is scheduled together with.
    podGroupName 1 *string | Name of the PodGroup in the same namespace.`,
  PodSecurityContext: `Security settings of a pod and defaults for its containers.
    seLinuxOptions 1 *SELinuxOptions | SELinux label of the containers.
    windowsOptions 8 *WindowsSecurityContextOptions | Settings for Windows containers.
    runAsUser 2 *int64 | User id of the processes; absent takes the image's.
    runAsGroup 6 *int64 | Primary group id of the processes.
    runAsNonRoot 3 *bool | Refuse to start a container that would run as user 0.
    supplementalGroups 4 []int64 atomic | Further group ids of the processes.
    supplementalGroupsPolicy 12 *string enum(Merge,Strict) | Merge adds the groups that the image gives the user; Strict does not.
    fsGroup 5 *int64 | Group that owns the volumes, and a further group of the processes.
    sysctls 7 []Sysctl atomic | Kernel parameters of the pod's namespaces.
    fsGroupChangePolicy 9 *string enum(Always,OnRootMismatch) | Always sets ownership of a volume's files; OnRootMismatch only if its root differs.
    seccompProfile 10 *SeccompProfile | System calls that are allowed.
    appArmorProfile 11 *AppArmorProfile | AppArmor profile of the containers.
    seLinuxChangePolicy 13 *string | How volumes get the SELinux label: MountOption or Recursive.`,
  PodSpec: `What runs in a pod, and how.
    volumes 1 []Volume map(name) patch=merge,retainKeys(name) | Storage that the containers can mount.
    initContainers 20 []Container map(name) patch=merge(name) | Run one after the other before the others start; those with restartPolicy Always stay as sidecars.
    containers 2 []Container! map(name) patch=merge(name) | What runs; at least one.
    ephemeralContainers 34 []EphemeralContainer map(name) patch=merge(name) | Added to a running pod for debugging.
    restartPolicy 3 string enum(Always,Never,OnFailure) | Always, OnFailure or Never; Always when absent.
    terminationGracePeriodSeconds 4 *int64 | Time between asking processes to end and killing them; 30 when absent.
    activeDeadlineSeconds 5 *int64 | The pod fails when it has been active for longer.
    dnsPolicy 6 string enum(ClusterFirst,ClusterFirstWithHostNet,Default,None) | ClusterFirst (the default), ClusterFirstWithHostNet, Default (the node's) or None.
    nodeSelector 7 map[string] atomic | Labels that the node must have.
    serviceAccountName 8 string | The account that the pod acts as; default when absent.
    serviceAccount 9 string | Older name of serviceAccountName.
    automountServiceAccountToken 21 *bool | Whether the account's token is mounted.
    nodeName 10 string | The node that the pod runs on; set by the scheduler.
    hostNetwork 11 bool | Use the node's network instead of one of its own.
    hostPID 12 bool | See the node's processes.
    hostIPC 13 bool | Share the node's interprocess communication.
    shareProcessNamespace 27 *bool | The containers see each other's processes.
    securityContext 14 *PodSecurityContext | Security settings of the pod.
    imagePullSecrets 15 []LocalObjectReference map(name) patch=merge(name) | Secrets with credentials of image registries.
    hostname 16 string | The pod's host name; its own name when absent.
    subdomain 17 string | With it the pod's full name is hostname.subdomain.namespace.svc.domain.
    affinity 18 *Affinity | Wishes about where the pod runs.
    schedulerName 19 string | The scheduler that places the pod; default-scheduler when absent.
    tolerations 22 []Toleration atomic | Taints of nodes that do not keep the pod away.
    hostAliases 23 []HostAlias map(ip) patch=merge(ip) | Lines for /etc/hosts.
    priorityClassName 24 string | The PriorityClass that gives the pod its priority.
    priority 25 *int32 | Taken from the PriorityClass; higher goes first.
    dnsConfig 26 *PodDNSConfig | Additions to the resolver settings.
    readinessGates 28 []PodReadinessGate atomic | Conditions that must hold as well before the pod counts as ready.
    runtimeClassName 29 *string | The RuntimeClass whose handler runs the pod.
    enableServiceLinks 30 *bool | Give containers environment variables for the namespace's Services; true when absent.
    preemptionPolicy 31 *string enum(Never,PreemptLowerPriority) | Never, or PreemptLowerPriority (the default): whether other pods may be evicted for it.
    overhead 32 map[quantity] | Resources that running the pod takes beside its containers; from the RuntimeClass.
    topologySpreadConstraints 33 []TopologySpreadConstraint map(topologyKey,whenUnsatisfiable) patch=merge(topologyKey) | How pods of a kind are spread over zones, nodes and the like.
    setHostnameAsFQDN 35 *bool | The host name is the full DNS name.
    os 36 *PodOS | The operating system that the pod needs.
    hostUsers 37 *bool | false gives the pod a user namespace of its own.
    schedulingGates 38 []PodSchedulingGate map(name) patch=merge(name) | The pod is not scheduled while there is one.
    resourceClaims 39 []PodResourceClaim map(name) patch=merge,retainKeys(name) | Devices that must be there before the pod starts.
    resources 40 *ResourceRequirements gate=PodLevelResources | Requests and limits of all containers together.
    hostnameOverride 41 *string gate=HostnameOverride | The host name as the pod sees it, instead of what hostname and subdomain give.
    schedulingGroup 43 *PodSchedulingGroup gate=GenericWorkload | The group that the pod is scheduled with.`,
  PodStatus: `What is known of a pod.
    observedGeneration 17 int64 | The generation of the spec that this status was made from.
    phase 1 string enum(Failed,Pending,Running,Succeeded,Unknown) | Pending, Running, Succeeded, Failed or Unknown.
    conditions 2 []PodCondition map(type) patch=merge(type) | Aspects of the state.
    message 3 string | For people: why the pod is in this state.
    reason 4 string | A word in CamelCase for the state, such as Evicted.
    nominatedNodeName 11 string | The node where pods are being evicted for this one.
    hostIP 5 string | Address of the node.
    hostIPs 16 []HostIP atomic patch=merge(ip) | Addresses of the node, one per IP family.
    podIP 6 string | The pod's address.
    podIPs 12 []PodIP map(ip) patch=merge(ip) | The pod's addresses, one per IP family.
    startTime 7 *time | When the kubelet took the pod on.
    initContainerStatuses 10 []ContainerStatus atomic | Of the init containers, in the order of the spec.
    containerStatuses 8 []ContainerStatus atomic | Of the containers.
    qosClass 9 string enum(BestEffort,Burstable,Guaranteed) | Guaranteed, Burstable or BestEffort, by requests and limits.
    ephemeralContainerStatuses 13 []ContainerStatus atomic | Of the ephemeral containers.
    resize 14 string | Whether a change of resources is Proposed, InProgress, Deferred or Infeasible; conditions replace it.
    resourceClaimStatuses 15 []PodResourceClaimStatus map(name) patch=merge,retainKeys(name) | Claims that were made for the pod.
    extendedResourceClaimStatus 18 *PodExtendedResourceClaimStatus gate=DRAExtendedResource | The claim made for extended resources that devices back.
    allocatedResources 19 map[quantity] gate=InPlacePodLevelResourcesVerticalScaling | Resources that the node has set aside for the pod.
    resources 20 *ResourceRequirements gate=InPlacePodLevelResourcesVerticalScaling | Requests and limits in force for the whole pod.
    nodeAllocatableResourceClaimStatuses 21 []NodeAllocatableResourceClaimStatus atomic gate=DRANodeAllocatableResources | What the pod's claims take of the node's own resources.`,
  PodStatusResult: `[kind] A pod's status alone.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    status 2 PodStatus | What was last observed; written by the system.`,
  PodTemplate: `[kind] A template of pods as an object of its own.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    template 2 PodTemplateSpec | The template.`,
  PodTemplateSpec: `What pods look like that a controller makes.
    metadata 1 ObjectMeta | Labels and annotations of the pods.
    spec 2 PodSpec | Spec of the pods.`,
  PreferredSchedulingTerm: `A node selector term with a weight.
    weight 1 int32! | 1 to 100.
    preference 2 NodeSelectorTerm! | The term.`,
  Sysctl: `A kernel parameter.
    name 1 string! | Name of the parameter.
    value 2 string! | Its value.`,
  Toleration: `A taint that does not keep a pod away.
    key 1 string | Key of the taint; empty with Exists is every taint.
    operator 2 string enum(Equal,Exists,Gt,Lt) | Equal (the default), Exists, Lt or Gt.
    value 3 string | Value of the taint.
    effect 4 string enum(NoExecute,NoSchedule,PreferNoSchedule) | NoSchedule, PreferNoSchedule or NoExecute; empty is all three.
    tolerationSeconds 5 *int64 | How long the pod stays under a NoExecute taint; absent is for ever.`,
  TopologySpreadConstraint: `How evenly pods of a kind are spread.
    maxSkew 1 int32! | Largest difference between the number of pods in two domains.
    topologyKey 2 string! | Nodes with the same value of this label form a domain.
    whenUnsatisfiable 3 string! enum(DoNotSchedule,ScheduleAnyway) | DoNotSchedule, or ScheduleAnyway with a lower score.
    labelSelector 4 *LabelSelector | Selects the pods that are counted.
    minDomains 5 *int32 | With fewer domains than this the smallest count is taken as 0.
    nodeAffinityPolicy 6 *string enum(Honor,Ignore) | Honor counts only nodes that the pod's affinity allows; Ignore counts all.
    nodeTaintsPolicy 7 *string enum(Honor,Ignore) | Honor leaves out nodes with taints that the pod does not tolerate; Ignore counts all.
    matchLabelKeys 8 []string atomic gate=MatchLabelKeysInPodTopologySpread | Labels of the new pod whose values the counted pods must share.`,
  WeightedPodAffinityTerm: `A pod affinity term with a weight.
    weight 1 int32! | 1 to 100.
    podAffinityTerm 2 PodAffinityTerm! | The term.`,
}
