/** flowcontrol.apiserver.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const flowcontrolV1Schema: GroupVersionSchema = {
  key: 'flowcontrol/v1',
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.flowcontrol.v1',
  served: true,
  resources: `
    flowschemas flowschema FlowSchema cluster: all
      /status FlowSchema: get patch update
    prioritylevelconfigurations prioritylevelconfiguration PriorityLevelConfiguration cluster: all
      /status PriorityLevelConfiguration: get patch update`,
  columns: `
    flowschemas: Name/name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL
    prioritylevelconfigurations: Name/name, Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age`,
  types: {
    ExemptPriorityLevelConfiguration: `
      nominalConcurrencyShares 1 *int32
      lendablePercent 2 *int32`,
    FlowDistinguisherMethod: `
      type 1 string!`,
    FlowSchema: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 FlowSchemaSpec | What is wanted.
      status 3 FlowSchemaStatus | What was last observed; written by the system.`,
    FlowSchemaCondition: `
      type 1 string | What the condition is about.
      status 2 string | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    FlowSchemaSpec: `
      priorityLevelConfiguration 1 PriorityLevelConfigurationReference!
      matchingPrecedence 2 int32 always
      distinguisherMethod 3 *FlowDistinguisherMethod
      rules 4 []PolicyRulesWithSubjects atomic`,
    FlowSchemaStatus: `
      conditions 1 []FlowSchemaCondition map(type) patch=merge(type)`,
    GroupSubject: `
      name 1 string!`,
    LimitResponse: `[union(on:type,queuing=Queuing)]
      type 1 string!
      queuing 2 *QueuingConfiguration`,
    LimitedPriorityLevelConfiguration: `
      nominalConcurrencyShares 1 *int32 always
      limitResponse 2 LimitResponse
      lendablePercent 3 *int32
      borrowingLimitPercent 4 *int32`,
    NonResourcePolicyRule: `
      verbs 1 []string! set
      nonResourceURLs 6 []string! set`,
    PolicyRulesWithSubjects: `
      subjects 1 []Subject! atomic
      resourceRules 2 []ResourcePolicyRule atomic
      nonResourceRules 3 []NonResourcePolicyRule atomic`,
    PriorityLevelConfiguration: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PriorityLevelConfigurationSpec | What is wanted.
      status 3 PriorityLevelConfigurationStatus | What was last observed; written by the system.`,
    PriorityLevelConfigurationCondition: `
      type 1 string | What the condition is about.
      status 2 string | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    PriorityLevelConfigurationReference: `
      name 1 string!`,
    PriorityLevelConfigurationSpec: `[union(on:type,exempt=Exempt,limited=Limited)]
      type 1 string!
      limited 2 *LimitedPriorityLevelConfiguration
      exempt 3 *ExemptPriorityLevelConfiguration`,
    PriorityLevelConfigurationStatus: `
      conditions 1 []PriorityLevelConfigurationCondition map(type) patch=merge(type)`,
    QueuingConfiguration: `
      queues 1 int32 always
      handSize 2 int32 always
      queueLengthLimit 3 int32 always`,
    ResourcePolicyRule: `
      verbs 1 []string! set
      apiGroups 2 []string! set
      resources 3 []string! set
      clusterScope 4 bool
      namespaces 5 []string always set`,
    ServiceAccountSubject: `
      namespace 1 string!
      name 2 string!`,
    Subject: `[union(on:kind,group=Group,serviceAccount=ServiceAccount,user=User)]
      kind 1 string!
      user 2 *UserSubject
      group 3 *GroupSubject
      serviceAccount 4 *ServiceAccountSubject`,
    UserSubject: `
      name 1 string!`,
  },
}
