/** Types of the core group about container. The format is described in `../schema.ts`. */
export const containerTypes: Record<string, string> = {
  AppArmorProfile: `[union(on:type,localhostProfile=LocalhostProfile)] Which AppArmor profile confines a container.
    type 1 string! enum(Localhost,RuntimeDefault,Unconfined) | RuntimeDefault, Localhost or Unconfined.
    localhostProfile 2 *string | Name of a profile that is loaded on the node, for Localhost.`,
  Capabilities: `Linux capabilities to give and to take.
    add 1 []string atomic | Capabilities to give.
    drop 2 []string atomic | Capabilities to take; ALL is every one.`,
  ConfigMapEnvSource: `All entries of a ConfigMap.
    ...LocalObjectReference 1
    optional 2 *bool | Go on without it when the ConfigMap is missing.`,
  ConfigMapKeySelector: `[atomic] One entry of a ConfigMap.
    ...LocalObjectReference 1
    key 2 string! | The entry.
    optional 3 *bool | Go on without it when the ConfigMap or entry is missing.`,
  Container: `A process in its own file system, made from an image.
    name 1 string! | Name within the pod, a DNS label.
    image 2 string | The image, as registry/repository:tag or @digest.
    command 3 []string atomic | Replaces the image's entry point; no shell is involved.
    args 4 []string atomic | Replaces the image's arguments.
    workingDir 5 string | Directory that the process starts in; the image's when absent.
    ports 6 []ContainerPort map(containerPort,protocol) patch=merge(containerPort) | Ports that the container listens on, for information and for names.
    envFrom 19 []EnvFromSource atomic | Sources whose every entry becomes an environment variable.
    env 7 []EnvVar map(name) patch=merge(name) | Environment variables; they win over envFrom.
    resources 8 ResourceRequirements | Compute resources that it needs and may use.
    resizePolicy 23 []ContainerResizePolicy atomic | Whether a change of a resource restarts the container.
    restartPolicy 24 *string gate=ContainerRestartRules(Always) | For init containers Always makes a sidecar; else overrides the pod's policy.
    restartPolicyRules 25 []ContainerRestartRule atomic gate=ContainerRestartRules | Exit codes that decide about a restart before restartPolicy does.
    volumeMounts 9 []VolumeMount map(mountPath) patch=merge(mountPath) | Volumes in its file system.
    volumeDevices 21 []VolumeDevice map(devicePath) patch=merge(devicePath) | Volumes as block devices.
    livenessProbe 10 *Probe | The container is restarted when this fails.
    readinessProbe 11 *Probe | The pod gets no traffic while this fails.
    startupProbe 22 *Probe | The other probes wait until this has succeeded.
    lifecycle 12 *Lifecycle | Actions after start and before stop.
    terminationMessagePath 13 string | File whose end becomes the status message when the container ends.
    terminationMessagePolicy 20 string enum(FallbackToLogsOnError,File) | File, or FallbackToLogsOnError to take the end of the log after a failure.
    imagePullPolicy 14 string enum(Always,IfNotPresent,Never) | Always, IfNotPresent or Never; Always for the tag latest, else IfNotPresent.
    securityContext 15 *SecurityContext | Security settings; they win over the pod's.
    stdin 16 bool | Keep standard input open.
    stdinOnce 17 bool | Close standard input after the first client has gone.
    tty 18 bool | Give the process a terminal.`,
  ContainerExtendedResourceRequest: `Which request of a claim serves a container's extended resource.
    containerName 1 string! | Name of the container.
    resourceName 2 string! | Name of the extended resource.
    requestName 3 string! | The request in the claim.`,
  ContainerImage: `An image on a node.
    names 1 []string always atomic | Names that the image is known by.
    sizeBytes 2 int64 | Its size.`,
  ContainerPort: `A port that a container listens on.
    name 1 string | Name that Services can refer to.
    hostPort 2 int32 | Port of the node that leads here.
    containerPort 3 int32! | The port.
    protocol 4 string default="TCP" enum(SCTP,TCP,UDP) | TCP, UDP or SCTP.
    hostIP 5 string | Address of the node for the host port; all when absent.`,
  ContainerResizePolicy: `What a change of a resource means for a container.
    resourceName 1 string! | cpu or memory.
    restartPolicy 2 string! | NotRequired or RestartContainer.`,
  ContainerRestartRule: `What happens for certain exit codes.
    action 1 string required | Restart, or RestartAllContainers.
    exitCodes 2 *ContainerRestartRuleOnExitCodes | The exit codes.`,
  ContainerRestartRuleOnExitCodes: `A set of exit codes.
    operator 1 string required | In or NotIn.
    values 2 []int32 set | The exit codes.`,
  ContainerState: `What a container is doing; at most one member is set, and none means waiting.
    waiting 1 *ContainerStateWaiting | It has not started yet, or waits to be restarted.
    running 2 *ContainerStateRunning | It runs.
    terminated 3 *ContainerStateTerminated | It has ended.`,
  ContainerStateRunning: `A running container.
    startedAt 1 time | When it started.`,
  ContainerStateTerminated: `A container that has ended.
    exitCode 1 int32! | Exit code of the process.
    signal 2 int32 | Signal that ended it.
    reason 3 string | A word in CamelCase, such as Completed, Error or OOMKilled.
    message 4 string | The container's last words.
    startedAt 5 time | When it started.
    finishedAt 6 time | When it ended.
    containerID 7 string | Its id at the runtime, as runtime://id.`,
  ContainerStateWaiting: `A container that is not running yet.
    reason 1 string | A word in CamelCase, such as ContainerCreating or CrashLoopBackOff.
    message 2 string | What it waits for.`,
  ContainerStatus: `What is known of a container.
    name 1 string! | The container's name in the spec.
    state 2 ContainerState | What it is doing.
    lastState 3 ContainerState | How it ended last time.
    ready 4 bool! | Whether it passes its readiness probe.
    restartCount 5 int32! | How often it was restarted.
    image 6 string! | The image that runs.
    imageID 7 string! | Id of the image, by content.
    containerID 8 string | Its id at the runtime, as runtime://id.
    started 9 *bool | Whether it has passed its startup probe and start hook.
    allocatedResources 10 map[quantity] | Resources that the node has set aside for it.
    resources 11 *ResourceRequirements | Requests and limits in force.
    volumeMounts 12 []VolumeMountStatus map(mountPath) patch=merge(mountPath) | Its mounts.
    user 13 *ContainerUser | Who its first process runs as.
    allocatedResourcesStatus 14 []ResourceStatus map(name) patch=merge(name) gate=ResourceHealthStatus | Health of the devices that it was given.
    stopSignal 15 *string enum(SIGABRT,SIGALRM,SIGBUS,SIGCHLD,SIGCLD,SIGCONT,SIGFPE,SIGHUP,SIGILL,SIGINT,SIGIO,SIGIOT,SIGKILL,SIGPIPE,SIGPOLL,SIGPROF,SIGPWR,SIGQUIT,SIGRTMAX,SIGRTMAX-1,SIGRTMAX-10,SIGRTMAX-11,SIGRTMAX-12,SIGRTMAX-13,SIGRTMAX-14,SIGRTMAX-2,SIGRTMAX-3,SIGRTMAX-4,SIGRTMAX-5,SIGRTMAX-6,SIGRTMAX-7,SIGRTMAX-8,SIGRTMAX-9,SIGRTMIN,SIGRTMIN+1,SIGRTMIN+10,SIGRTMIN+11,SIGRTMIN+12,SIGRTMIN+13,SIGRTMIN+14,SIGRTMIN+15,SIGRTMIN+2,SIGRTMIN+3,SIGRTMIN+4,SIGRTMIN+5,SIGRTMIN+6,SIGRTMIN+7,SIGRTMIN+8,SIGRTMIN+9,SIGSEGV,SIGSTKFLT,SIGSTOP,SIGSYS,SIGTERM,SIGTRAP,SIGTSTP,SIGTTIN,SIGTTOU,SIGURG,SIGUSR1,SIGUSR2,SIGVTALRM,SIGWINCH,SIGXCPU,SIGXFSZ) | The signal that asks it to end.`,
  ContainerUser: `Who a container's first process runs as.
    linux 1 *LinuxContainerUser | On Linux.`,
  EnvFromSource: `Where a set of environment variables comes from.
    prefix 1 string | Put before each name.
    configMapRef 2 *ConfigMapEnvSource | A ConfigMap.
    secretRef 3 *SecretEnvSource | A Secret.`,
  EnvVar: `An environment variable.
    name 1 string! | Name of the variable.
    value 2 string | Its value; $(NAME) is replaced by an earlier variable, $$ stands for one dollar sign.
    valueFrom 3 *EnvVarSource | Where the value comes from instead.`,
  EnvVarSource: `Where a value comes from; one of these.
    fieldRef 1 *ObjectFieldSelector | A field of the pod.
    resourceFieldRef 2 *ResourceFieldSelector | A request or limit of a container.
    configMapKeyRef 3 *ConfigMapKeySelector | An entry of a ConfigMap.
    secretKeyRef 4 *SecretKeySelector | An entry of a Secret.
    fileKeyRef 5 *FileKeySelector gate=EnvFiles | An entry of a file that an init container wrote.`,
  EphemeralContainer: `A container that is added to a running pod for debugging.
    ...EphemeralContainerCommon 1
    targetContainerName 2 string | The container whose processes it sees.`,
  EphemeralContainerCommon: `What an ephemeral container has in common with others; ports, probes, lifecycle and resources stay unset.
    name 1 string! | Name within the pod, a DNS label.
    image 2 string | The image, as registry/repository:tag or @digest.
    command 3 []string atomic | Replaces the image's entry point; no shell is involved.
    args 4 []string atomic | Replaces the image's arguments.
    workingDir 5 string | Directory that the process starts in; the image's when absent.
    ports 6 []ContainerPort map(containerPort,protocol) patch=merge(containerPort) | Ports that the container listens on, for information and for names.
    envFrom 19 []EnvFromSource atomic | Sources whose every entry becomes an environment variable.
    env 7 []EnvVar map(name) patch=merge(name) | Environment variables; they win over envFrom.
    resources 8 ResourceRequirements | Compute resources that it needs and may use.
    resizePolicy 23 []ContainerResizePolicy atomic | Whether a change of a resource restarts the container.
    restartPolicy 24 *string gate=ContainerRestartRules(Always) | For init containers Always makes a sidecar; else overrides the pod's policy.
    restartPolicyRules 25 []ContainerRestartRule atomic gate=ContainerRestartRules | Exit codes that decide about a restart before restartPolicy does.
    volumeMounts 9 []VolumeMount map(mountPath) patch=merge(mountPath) | Volumes in its file system.
    volumeDevices 21 []VolumeDevice map(devicePath) patch=merge(devicePath) | Volumes as block devices.
    livenessProbe 10 *Probe | The container is restarted when this fails.
    readinessProbe 11 *Probe | The pod gets no traffic while this fails.
    startupProbe 22 *Probe | The other probes wait until this has succeeded.
    lifecycle 12 *Lifecycle | Actions after start and before stop.
    terminationMessagePath 13 string | File whose end becomes the status message when the container ends.
    terminationMessagePolicy 20 string enum(FallbackToLogsOnError,File) | File, or FallbackToLogsOnError to take the end of the log after a failure.
    imagePullPolicy 14 string enum(Always,IfNotPresent,Never) | Always, IfNotPresent or Never; Always for the tag latest, else IfNotPresent.
    securityContext 15 *SecurityContext | Security settings; they win over the pod's.
    stdin 16 bool | Keep standard input open.
    stdinOnce 17 bool | Close standard input after the first client has gone.
    tty 18 bool | Give the process a terminal.`,
  ExecAction: `A command in the container; exit code 0 is success.
    command 1 []string atomic | Program and arguments; no shell is involved.`,
  FileKeySelector: `[atomic] One entry of an environment file in a volume.
    volumeName 1 string! | The emptyDir volume that holds the file.
    path 2 string! | Path of the file in the volume.
    key 3 string! | The entry.
    optional 4 *bool default=false | Go on without it when the file or entry is missing.`,
  GRPCAction: `A call of the gRPC health service.
    port 1 int32! | The port.
    service 2 *string always default="" | Name of the service that is asked about; empty asks about the server as a whole.`,
  HTTPGetAction: `A GET request; status 200 to 399 is success.
    path 1 string | Path of the request.
    port 2 intOrString! | Number or name of a port of the container.
    host 3 string | Address to connect to; the pod's when absent.
    scheme 4 string enum(HTTP,HTTPS) | HTTP or HTTPS; certificates are not verified.
    httpHeaders 5 []HTTPHeader atomic | Headers of the request.`,
  HTTPHeader: `A header of a request.
    name 1 string! | Name of the header.
    value 2 string! | Its value.`,
  Lifecycle: `Actions at turns of a container's life.
    postStart 1 *LifecycleHandler | Right after it was made; it is killed when this fails.
    preStop 2 *LifecycleHandler | Before it is asked to end, within the grace period.
    stopSignal 3 *string enum(SIGABRT,SIGALRM,SIGBUS,SIGCHLD,SIGCLD,SIGCONT,SIGFPE,SIGHUP,SIGILL,SIGINT,SIGIO,SIGIOT,SIGKILL,SIGPIPE,SIGPOLL,SIGPROF,SIGPWR,SIGQUIT,SIGRTMAX,SIGRTMAX-1,SIGRTMAX-10,SIGRTMAX-11,SIGRTMAX-12,SIGRTMAX-13,SIGRTMAX-14,SIGRTMAX-2,SIGRTMAX-3,SIGRTMAX-4,SIGRTMAX-5,SIGRTMAX-6,SIGRTMAX-7,SIGRTMAX-8,SIGRTMAX-9,SIGRTMIN,SIGRTMIN+1,SIGRTMIN+10,SIGRTMIN+11,SIGRTMIN+12,SIGRTMIN+13,SIGRTMIN+14,SIGRTMIN+15,SIGRTMIN+2,SIGRTMIN+3,SIGRTMIN+4,SIGRTMIN+5,SIGRTMIN+6,SIGRTMIN+7,SIGRTMIN+8,SIGRTMIN+9,SIGSEGV,SIGSTKFLT,SIGSTOP,SIGSYS,SIGTERM,SIGTRAP,SIGTSTP,SIGTTIN,SIGTTOU,SIGURG,SIGUSR1,SIGUSR2,SIGVTALRM,SIGWINCH,SIGXCPU,SIGXFSZ) gate=ContainerStopSignals | Signal that asks it to end; the image's when absent.`,
  LifecycleHandler: `An action; one of these.
    exec 1 *ExecAction | A command in the container.
    httpGet 2 *HTTPGetAction | A request to the container.
    tcpSocket 3 *TCPSocketAction | Not used; kept for old objects.
    sleep 4 *SleepAction | Wait for a while.`,
  LinuxContainerUser: `Who a process runs as on Linux.
    uid 1 int64! | User id.
    gid 2 int64! | Primary group id.
    supplementalGroups 3 []int64 atomic | Further group ids.`,
  ObjectFieldSelector: `[atomic] A field of an object.
    apiVersion 1 string | Version that the path is written for; v1 when absent.
    fieldPath 2 string! | Such as metadata.name or status.podIP.`,
  Probe: `A check that is repeated.
    ...ProbeHandler 1
    initialDelaySeconds 2 int32 | Time after the start before the first check.
    timeoutSeconds 3 int32 | A check that takes longer has failed; 1 when absent.
    periodSeconds 4 int32 | Time between checks; 10 when absent.
    successThreshold 5 int32 | Successes in a row until it counts as passing; 1 when absent.
    failureThreshold 6 int32 | Failures in a row until it counts as failing; 3 when absent.
    terminationGracePeriodSeconds 7 *int64 | Grace period after a failure, instead of the pod's.`,
  ProbeHandler: `How a check is made; one of these.
    exec 1 *ExecAction | A command in the container.
    httpGet 2 *HTTPGetAction | A request to the container.
    tcpSocket 3 *TCPSocketAction | A connection to a port.
    grpc 4 *GRPCAction | A call of the gRPC health service.`,
  ResourceClaim: `A claim of the pod that a container uses.
    name 1 string! | Its name in the pod's resourceClaims.
    request 2 string | One request of the claim; all when absent.`,
  ResourceFieldSelector: `[atomic] A request or limit of a container.
    containerName 1 string | Which container; needed in volumes.
    resource 2 string! | Such as limits.cpu or requests.memory.
    divisor 3 quantity | Unit of the result; 1 when absent.`,
  ResourceHealth: `Health of a device.
    resourceID 1 string! | Id of the device.
    health 2 string | Healthy, Unhealthy or Unknown.
    message 6 *string gate=ResourceHealthStatusMessage | For people: why.`,
  ResourceRequirements: `Compute resources that are needed and allowed.
    limits 1 map[quantity] | The most that may be used.
    requests 2 map[quantity] | What is set aside; the limit when absent.
    claims 3 []ResourceClaim map(name) | Claims of devices that are used.`,
  ResourceStatus: `Health of a resource of a container.
    name 1 string! | Name of the resource.
    resources 2 []ResourceHealth map(resourceID) | Its devices.`,
  SELinuxOptions: `An SELinux label.
    user 1 string | User part.
    role 2 string | Role part.
    type 3 string | Type part.
    level 4 string | Level part.`,
  SeccompProfile: `[union(on:type,localhostProfile=LocalhostProfile)] Which system calls are allowed.
    type 1 string! enum(Localhost,RuntimeDefault,Unconfined) | RuntimeDefault, Localhost or Unconfined.
    localhostProfile 2 *string | Path of the profile below the kubelet's seccomp directory, for Localhost.`,
  SecretEnvSource: `All entries of a Secret.
    ...LocalObjectReference 1
    optional 2 *bool | Go on without it when the Secret is missing.`,
  SecretKeySelector: `[atomic] One entry of a Secret.
    ...LocalObjectReference 1
    key 2 string! | The entry.
    optional 3 *bool | Go on without it when the Secret or entry is missing.`,
  SecurityContext: `Security settings of a container.
    capabilities 1 *Capabilities | Linux capabilities to give and to take.
    privileged 2 *bool | Give the processes nearly all that root on the node may do.
    seLinuxOptions 3 *SELinuxOptions | SELinux label.
    windowsOptions 10 *WindowsSecurityContextOptions | Settings for Windows containers.
    runAsUser 4 *int64 | User id of the processes; absent takes the image's.
    runAsGroup 8 *int64 | Primary group id of the processes.
    runAsNonRoot 5 *bool | Refuse to start if it would run as user 0.
    readOnlyRootFilesystem 6 *bool | The container's own file system cannot be written.
    allowPrivilegeEscalation 7 *bool | Whether a process may get more rights than its parent.
    procMount 9 *string enum(Default,Unmasked) | Default, or Unmasked for a complete /proc.
    seccompProfile 11 *SeccompProfile | System calls that are allowed.
    appArmorProfile 12 *AppArmorProfile | AppArmor profile.`,
  SleepAction: `Waiting.
    seconds 1 int64! | For how long.`,
  TCPSocketAction: `A connection that is opened; it being accepted is success.
    port 1 intOrString! | Number or name of a port of the container.
    host 2 string | Address to connect to; the pod's when absent.`,
  VolumeDevice: `A volume as a block device.
    name 1 string! | Name of the volume.
    devicePath 2 string! | Path of the device in the container.`,
  VolumeMount: `A volume in a container's file system.
    name 1 string! | Name of the volume.
    readOnly 2 bool | The container cannot write to it.
    recursiveReadOnly 7 *string | Disabled, IfPossible or Enabled: whether mounts below are read-only too.
    mountPath 3 string! | Where it stands in the container.
    subPath 4 string | Only this path of the volume.
    mountPropagation 5 *string enum(Bidirectional,HostToContainer,None) | None, HostToContainer or Bidirectional: whether later mounts are seen.
    subPathExpr 6 string | As subPath, with $(NAME) replaced by environment variables.`,
  VolumeMountStatus: `How a volume was mounted.
    name 1 string! | Name of the volume.
    mountPath 2 string! | Where it stands in the container.
    readOnly 3 bool | The container cannot write to it.
    recursiveReadOnly 4 *string | Whether mounts below are read-only too.
    volumeStatus 5 *VolumeStatus gate=ImageVolumeWithDigest | More about the volume, by its kind.`,
  WindowsSecurityContextOptions: `Security settings of Windows containers.
    gmsaCredentialSpecName 1 *string | Name of the group-managed account's credential spec.
    gmsaCredentialSpec 2 *string | The credential spec itself.
    runAsUserName 3 *string | User of the processes.
    hostProcess 4 *bool | Run as a process of the node; for all containers of a pod or none.`,
}
