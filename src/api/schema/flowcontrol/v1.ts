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
    ExemptPriorityLevelConfiguration: `A level whose requests never wait.
      nominalConcurrencyShares 1 *int32 | Its share of the server; 0 when absent.
      lendablePercent 2 *int32 | How much of its share others may use.`,
    FlowDistinguisherMethod: `What tells the flows of a schema apart.
      type 1 string! | ByUser or ByNamespace.`,
    FlowSchema: `[kind] Gives requests a priority level.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 FlowSchemaSpec | What is wanted.
      status 3 FlowSchemaStatus | What was last observed; written by the system.`,
    FlowSchemaCondition: `One aspect of a schema's state.
      type 1 string | What the condition is about.
      status 2 string | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    FlowSchemaSpec: `Which requests, which level.
      priorityLevelConfiguration 1 PriorityLevelConfigurationReference! | The level.
      matchingPrecedence 2 int32 always | The smallest number of all that fit decides; 1000 when absent.
      distinguisherMethod 3 *FlowDistinguisherMethod | What tells its flows apart; all are one when absent.
      rules 4 []PolicyRulesWithSubjects atomic | Requests that one of these fits.`,
    FlowSchemaStatus: `What is known of a schema.
      conditions 1 []FlowSchemaCondition map(type) patch=merge(type) | Aspects of the state.`,
    GroupSubject: `A group of users.
      name 1 string! | Its name; * is all.`,
    LimitResponse: `[union(on:type,queuing=Queuing)] What happens to requests that are too many.
      type 1 string! | Reject or Queue.
      queuing 2 *QueuingConfiguration | The queues.`,
    LimitedPriorityLevelConfiguration: `A level whose requests may have to wait.
      nominalConcurrencyShares 1 *int32 always | Its share of the server; 30 when absent.
      limitResponse 2 LimitResponse | What happens to requests that are too many.
      lendablePercent 3 *int32 | How much of its share others may use; 0 when absent.
      borrowingLimitPercent 4 *int32 | How much it may use of others, in percent of its share; no bound when absent.`,
    NonResourcePolicyRule: `Verbs on paths.
      verbs 1 []string! set | Such as get; * is all.
      nonResourceURLs 6 []string! set | Paths, with * at the end for all below.`,
    PolicyRulesWithSubjects: `Who does what.
      subjects 1 []Subject! atomic | Who.
      resourceRules 2 []ResourcePolicyRule atomic | With resources.
      nonResourceRules 3 []NonResourcePolicyRule atomic | With paths.`,
    PriorityLevelConfiguration: `[kind] A level of priority, with its share of the server.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PriorityLevelConfigurationSpec | What is wanted.
      status 3 PriorityLevelConfigurationStatus | What was last observed; written by the system.`,
    PriorityLevelConfigurationCondition: `One aspect of a level's state.
      type 1 string | What the condition is about.
      status 2 string | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    PriorityLevelConfigurationReference: `Names a level.
      name 1 string! | Its name.`,
    PriorityLevelConfigurationSpec: `[union(on:type,exempt=Exempt,limited=Limited)] What the level is like.
      type 1 string! | Exempt or Limited.
      limited 2 *LimitedPriorityLevelConfiguration | Requests may have to wait.
      exempt 3 *ExemptPriorityLevelConfiguration | Requests never wait.`,
    PriorityLevelConfigurationStatus: `What is known of a level.
      conditions 1 []PriorityLevelConfigurationCondition map(type) patch=merge(type) | Aspects of the state.`,
    QueuingConfiguration: `Queues of a level.
      queues 1 int32 always | How many; 64 when absent.
      handSize 2 int32 always | Queues that a flow may use; 8 when absent.
      queueLengthLimit 3 int32 always | Requests that a queue holds; 50 when absent.`,
    ResourcePolicyRule: `Verbs on resources.
      verbs 1 []string! set | Such as get; * is all.
      apiGroups 2 []string! set | Groups of the resources; * is all.
      resources 3 []string! set | The resources; * is all.
      clusterScope 4 bool | Also requests without a namespace.
      namespaces 5 []string always set | Requests in these namespaces; * is all.`,
    ServiceAccountSubject: `A service account.
      namespace 1 string! | Its namespace.
      name 2 string! | Its name; * is all.`,
    Subject: `[union(on:kind,group=Group,serviceAccount=ServiceAccount,user=User)] Who makes a request; one of these.
      kind 1 string! | User, Group or ServiceAccount.
      user 2 *UserSubject | A user.
      group 3 *GroupSubject | A group of users.
      serviceAccount 4 *ServiceAccountSubject | A service account.`,
    UserSubject: `A user.
      name 1 string! | Its name; * is all.`,
  },
}
