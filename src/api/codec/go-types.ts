/**
 * What upstream calls the types that JSON can't tell from texts, lists and maps: they stand in the messages about values
 * of the wrong kind. A field that is not listed has the plain type that the schema says.
 *
 * Source: answers of kube-apiserver v1.36 to values of wrong kinds.
 */

/** `type Struct.field ...`; a name without a package is of the version of its struct. */
const table = `
APIServiceConditionType APIServiceCondition.type
AddressType EndpointSlice.addressType
AllocationConfigSource DeviceAllocationConfiguration.source
AppArmorProfileType AppArmorProfile.type
AzureDataDiskCachingMode AzureDiskVolumeSource.cachingMode
AzureDataDiskKind AzureDiskVolumeSource.kind
[]Capability Capabilities.add Capabilities.drop
CompletionMode JobSpec.completionMode
ConcurrencyPolicy CronJobSpec.concurrencyPolicy
ConditionStatus APIServiceCondition.status Condition.status CustomResourceDefinitionCondition.status DaemonSetCondition.status DeploymentCondition.status FlowSchemaCondition.status JobCondition.status NamespaceCondition.status NodeCondition.status PersistentVolumeClaimCondition.status PodCondition.status PodFailurePolicyOnPodConditionsPattern.status PriorityLevelConfigurationCondition.status ReplicaSetCondition.status ReplicationControllerCondition.status StatefulSetCondition.status
ContainerRestartPolicy Container.restartPolicy EphemeralContainer.restartPolicy
ContainerRestartRuleAction ContainerRestartRule.action
ContainerRestartRuleOnExitCodesOperator ContainerRestartRuleOnExitCodes.operator
ConversionStrategyType CustomResourceConversion.strategy
CoordinatedLeaseStrategy LeaseSpec.strategy
CustomResourceDefinitionConditionType CustomResourceDefinitionCondition.type
DNSPolicy PodSpec.dnsPolicy
DaemonSetConditionType DaemonSetCondition.type
DaemonSetUpdateStrategyType DaemonSetUpdateStrategy.type
DeploymentConditionType DeploymentCondition.type
DeploymentStrategyType DeploymentStrategy.type
DeviceAllocationMode DeviceSubRequest.allocationMode ExactDeviceRequest.allocationMode
DeviceTaintEffect DeviceTaint.effect DeviceToleration.effect
DeviceTolerationOperator DeviceToleration.operator
FSGroupPolicy CSIDriverSpec.fsGroupPolicy
FailurePolicyType MutatingAdmissionPolicySpec.failurePolicy MutatingWebhook.failurePolicy ValidatingAdmissionPolicySpec.failurePolicy ValidatingWebhook.failurePolicy
FieldSelectorOperator FieldSelectorRequirement.operator
FieldValueErrorReason ValidationRule.reason
[]FinalizerName NamespaceSpec.finalizers
FlowDistinguisherMethodType FlowDistinguisherMethod.type
FlowSchemaConditionType FlowSchemaCondition.type
FullyQualifiedName DeviceConstraint.distinctAttribute DeviceConstraint.matchAttribute
HostPathType HostPathVolumeSource.type
[]IPFamily ServiceSpec.ipFamilies
IPFamilyPolicy ServiceSpec.ipFamilyPolicy
[]JSON JSONSchemaProps.enum
JSONSchemaDefinitions JSONSchemaProps.definitions
JSONSchemaDependencies JSONSchemaProps.dependencies
JSONSchemaURL JSONSchemaProps.$schema
JobConditionType JobCondition.type
LabelSelectorOperator LabelSelectorRequirement.operator
LimitResponseType LimitResponse.type
LimitType LimitRangeItem.type
LoadBalancerIPMode LoadBalancerIngress.ipMode
ManagedFieldsOperationType ManagedFieldsEntry.operation
MatchPolicyType MatchResources.matchPolicy MutatingWebhook.matchPolicy ValidatingWebhook.matchPolicy
MountPropagationMode VolumeMount.mountPropagation
NamespaceConditionType NamespaceCondition.type
NamespacePhase NamespaceStatus.phase
NodeAddressType NodeAddress.type
NodeConditionType NodeCondition.type
NodeInclusionPolicy TopologySpreadConstraint.nodeAffinityPolicy TopologySpreadConstraint.nodeTaintsPolicy
NodePhase NodeStatus.phase
NodeSelectorOperator NodeSelectorRequirement.operator
OSName PodOS.name
[]OperationType NamedRuleWithOperations.operations RuleWithOperations.operations
ParameterNotFoundActionType ParamRef.parameterNotFoundAction
PatchType Mutation.patchType
PathType HTTPIngressPath.pathType
[]PersistentVolumeAccessMode PersistentVolumeClaimSpec.accessModes PersistentVolumeClaimStatus.accessModes PersistentVolumeSpec.accessModes
PersistentVolumeClaimConditionType PersistentVolumeClaimCondition.type
PersistentVolumeClaimModifyVolumeStatus ModifyVolumeStatus.status
PersistentVolumeClaimPhase PersistentVolumeClaimStatus.phase
PersistentVolumeClaimRetentionPolicyType StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled
PersistentVolumeMode PersistentVolumeClaimSpec.volumeMode PersistentVolumeSpec.volumeMode
PersistentVolumePhase PersistentVolumeStatus.phase
PersistentVolumeReclaimPolicy PersistentVolumeSpec.persistentVolumeReclaimPolicy StorageClass.reclaimPolicy
PodConditionType PodCondition.type PodFailurePolicyOnPodConditionsPattern.type PodReadinessGate.conditionType
PodFSGroupChangePolicy PodSecurityContext.fsGroupChangePolicy
PodFailurePolicyAction PodFailurePolicyRule.action
PodFailurePolicyOnExitCodesOperator PodFailurePolicyOnExitCodesRequirement.operator
PodManagementPolicyType StatefulSetSpec.podManagementPolicy
PodPhase PodStatus.phase
PodQOSClass PodStatus.qosClass
PodReplacementPolicy JobSpec.podReplacementPolicy
PodResizeStatus PodStatus.resize
PodSELinuxChangePolicy PodSecurityContext.seLinuxChangePolicy
[]PolicyType NetworkPolicySpec.policyTypes
PreemptionPolicy PodSpec.preemptionPolicy PriorityClass.preemptionPolicy
PriorityLevelConfigurationConditionType PriorityLevelConfigurationCondition.type
PriorityLevelEnablement PriorityLevelConfigurationSpec.type
ProcMountType SecurityContext.procMount
Protocol ContainerPort.protocol EndpointPort.protocol IngressPortStatus.protocol NetworkPolicyPort.protocol PortStatus.protocol ServicePort.protocol
PullPolicy Container.imagePullPolicy EphemeralContainer.imagePullPolicy ImageVolumeSource.pullPolicy
RecursiveReadOnlyMode VolumeMount.recursiveReadOnly VolumeMountStatus.recursiveReadOnly
ReinvocationPolicyType MutatingAdmissionPolicySpec.reinvocationPolicy MutatingWebhook.reinvocationPolicy
ReplicaSetConditionType ReplicaSetCondition.type
ReplicationControllerConditionType ReplicationControllerCondition.type
ResourceHealthStatus ResourceHealth.health
ResourceID ResourceHealth.resourceID
ResourceList ContainerStatus.allocatedResources LimitRangeItem.default LimitRangeItem.defaultRequest LimitRangeItem.max LimitRangeItem.maxLimitRequestRatio LimitRangeItem.min NodeStatus.allocatable NodeStatus.capacity Overhead.podFixed PersistentVolumeClaimStatus.allocatedResources PersistentVolumeClaimStatus.capacity PersistentVolumeSpec.capacity PodSpec.overhead PodStatus.allocatedResources ResourceQuotaSpec.hard ResourceQuotaStatus.hard ResourceQuotaStatus.used ResourceRequirements.limits ResourceRequirements.requests VolumeResourceRequirements.limits VolumeResourceRequirements.requests
ResourceName ContainerResizePolicy.resourceName ResourceStatus.name
ResourceQuotaScope ScopedResourceSelectorRequirement.scopeName
[]ResourceQuotaScope ResourceQuotaSpec.scopes
ResourceResizeRestartPolicy ContainerResizePolicy.restartPolicy
ResourceScope CustomResourceDefinitionSpec.scope
RestartPolicy PodSpec.restartPolicy
ScopeSelectorOperator ScopedResourceSelectorRequirement.operator
ScopeType NamedRuleWithOperations.scope RuleWithOperations.scope
SeccompProfileType SeccompProfile.type
SecretType Secret.type
ServiceAffinity ServiceSpec.sessionAffinity
ServiceExternalTrafficPolicy ServiceSpec.externalTrafficPolicy
ServiceInternalTrafficPolicy ServiceSpec.internalTrafficPolicy
ServiceType ServiceSpec.type
SideEffectClass MutatingWebhook.sideEffects ValidatingWebhook.sideEffects
Signal ContainerStatus.stopSignal Lifecycle.stopSignal
StatefulSetConditionType StatefulSetCondition.type
StatefulSetUpdateStrategyType StatefulSetUpdateStrategy.type
StatusReason Validation.reason
StorageMedium EmptyDirVolumeSource.medium
SubjectKind Subject.kind
SupplementalGroupsPolicy PodSecurityContext.supplementalGroupsPolicy
TaintEffect Taint.effect Toleration.effect
TerminationMessagePolicy Container.terminationMessagePolicy EphemeralContainer.terminationMessagePolicy
TolerationOperator Toleration.operator
URIScheme HTTPGetAction.scheme
UnhealthyPodEvictionPolicyType PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy
[]UniqueVolumeName NodeStatus.volumesInUse
UniqueVolumeName AttachedVolume.name
UnsatisfiableConstraintAction TopologySpreadConstraint.whenUnsatisfiable
[]ValidationAction ValidatingAdmissionPolicyBindingSpec.validationActions
ValidationRules JSONSchemaProps.x-kubernetes-validations
VolumeBindingMode StorageClass.volumeBindingMode
[]VolumeLifecycleMode CSIDriverSpec.volumeLifecycleModes
map[QualifiedName]DeviceAttribute BasicDevice.attributes Device.attributes
map[QualifiedName]DeviceCapacity BasicDevice.capacity Device.capacity
map[QualifiedName]resource.Quantity CapacityRequirements.requests DeviceRequestAllocationResult.consumedCapacity
map[ResourceName]ClaimResourceStatus PersistentVolumeClaimStatus.allocatedResourceStatuses
map[ResourceName]NodeAllocatableResourceMapping Device.nodeAllocatableResourceMappings
map[ResourceName]resource.Quantity NodeAllocatableResourceClaimStatus.resources
map[string]ExtraValue SubjectAccessReviewSpec.extra
map[string]Time PodDisruptionBudgetStatus.disruptedPods
map[string][]uint8 ConfigMap.binaryData Secret.data
types.UID ConfigMapNodeConfigSource.uid DeviceRequestAllocationResult.shareID ObjectMeta.uid ObjectReference.uid OwnerReference.uid ResourceClaimConsumerReference.uid
[]types.UID UncountedTerminatedPods.failed UncountedTerminatedPods.succeeded
`

let typeOf: Map<string, string> | undefined

/** The name of a field's own type, as `[]v1.Capability`; undefined where it is plain. */
export function goFieldType(struct: string, field: string, version: string): string | undefined {
  typeOf ??= new Map(
    table.split('\n').flatMap((line) => {
      const [type = '', ...fields] = line.split(' ')
      return fields.map((each): [string, string] => [each, type])
    }),
  )
  return typeOf.get(`${struct}.${field}`)?.replace(/(?<![.\w])([A-Z]\w*)/g, `${version}.$1`)
}

/** The type of an item of a list, or of a value of a map; undefined for a type whose name hides what it holds. */
export function goElementType(type: string): string | undefined {
  return /^(?:\[\]|map\[[^\]]*\])(.*)$/.exec(type)?.[1]
}
