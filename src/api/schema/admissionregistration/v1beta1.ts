/** admissionregistration.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const admissionregistrationV1beta1Schema: GroupVersionSchema = {
  key: 'admissionregistration/v1beta1',
  group: 'admissionregistration.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.api.admissionregistration.v1beta1',
  served: false,
  resources: `
    mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy cluster: all; categories api-extensions
    mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding cluster: all; categories api-extensions`,
  types: {
    ApplyConfiguration: `
      expression 1 string`,
    AuditAnnotation: `
      key 1 string always
      valueExpression 2 string always`,
    ExpressionWarning: `
      fieldRef 2 string always
      warning 3 string always`,
    JSONPatch: `
      expression 1 string`,
    MatchCondition: `
      name 1 string!
      expression 2 string!`,
    MatchResources: `[atomic]
      namespaceSelector 1 *LabelSelector
      objectSelector 2 *LabelSelector
      resourceRules 3 []NamedRuleWithOperations atomic
      excludeResourceRules 4 []NamedRuleWithOperations atomic
      matchPolicy 7 *string`,
    MutatingAdmissionPolicy: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 MutatingAdmissionPolicySpec | What is wanted.`,
    MutatingAdmissionPolicyBinding: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 MutatingAdmissionPolicyBindingSpec | What is wanted.`,
    MutatingAdmissionPolicyBindingSpec: `
      policyName 1 string
      paramRef 2 *ParamRef
      matchResources 3 *MatchResources`,
    MutatingAdmissionPolicySpec: `
      paramKind 1 *ParamKind
      matchConstraints 2 *MatchResources
      variables 3 []Variable atomic
      mutations 4 []Mutation atomic
      failurePolicy 5 *string
      matchConditions 6 []MatchCondition map(name) patch=merge(name)
      reinvocationPolicy 7 string`,
    MutatingWebhook: `
      name 1 string always
      clientConfig 2 WebhookClientConfig always
      rules 3 []admissionregistration/v1.RuleWithOperations atomic
      failurePolicy 4 *string
      matchPolicy 9 *string
      namespaceSelector 5 *LabelSelector
      objectSelector 11 *LabelSelector
      sideEffects 6 *string
      timeoutSeconds 7 *int32
      admissionReviewVersions 8 []string atomic
      reinvocationPolicy 10 *string
      matchConditions 12 []MatchCondition map(name) patch=merge(name)`,
    MutatingWebhookConfiguration: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      webhooks 2 []MutatingWebhook map(name) patch=merge(name)`,
    MutatingWebhookConfigurationList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []MutatingWebhookConfiguration always`,
    Mutation: `
      patchType 2 string!
      applyConfiguration 3 *ApplyConfiguration
      jsonPatch 4 *JSONPatch`,
    NamedRuleWithOperations: `[atomic]
      resourceNames 1 []string atomic
      ...admissionregistration/v1.RuleWithOperations 2`,
    ParamKind: `[atomic]
      apiVersion 1 string
      kind 2 string`,
    ParamRef: `[atomic]
      name 1 string
      namespace 2 string
      selector 3 *LabelSelector
      parameterNotFoundAction 4 *string`,
    ServiceReference: `
      namespace 1 string always
      name 2 string always
      path 3 *string
      port 4 *int32`,
    TypeChecking: `
      expressionWarnings 1 []ExpressionWarning atomic`,
    ValidatingAdmissionPolicy: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ValidatingAdmissionPolicySpec | What is wanted.
      status 3 ValidatingAdmissionPolicyStatus | What was last observed; written by the system.`,
    ValidatingAdmissionPolicyBinding: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ValidatingAdmissionPolicyBindingSpec | What is wanted.`,
    ValidatingAdmissionPolicyBindingList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []ValidatingAdmissionPolicyBinding always`,
    ValidatingAdmissionPolicyBindingSpec: `
      policyName 1 string
      paramRef 2 *ParamRef
      matchResources 3 *MatchResources
      validationActions 4 []string set`,
    ValidatingAdmissionPolicyList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []ValidatingAdmissionPolicy always`,
    ValidatingAdmissionPolicySpec: `
      paramKind 1 *ParamKind
      matchConstraints 2 *MatchResources
      validations 3 []Validation atomic
      failurePolicy 4 *string
      auditAnnotations 5 []AuditAnnotation atomic
      matchConditions 6 []MatchCondition map(name) patch=merge(name)
      variables 7 []Variable map(name) patch=merge(name)`,
    ValidatingAdmissionPolicyStatus: `
      observedGeneration 1 int64
      typeChecking 2 *TypeChecking
      conditions 3 []Condition map(type)`,
    ValidatingWebhook: `
      name 1 string always
      clientConfig 2 WebhookClientConfig always
      rules 3 []admissionregistration/v1.RuleWithOperations atomic
      failurePolicy 4 *string
      matchPolicy 9 *string
      namespaceSelector 5 *LabelSelector
      objectSelector 10 *LabelSelector
      sideEffects 6 *string
      timeoutSeconds 7 *int32
      admissionReviewVersions 8 []string atomic
      matchConditions 11 []MatchCondition map(name) patch=merge(name)`,
    ValidatingWebhookConfiguration: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      webhooks 2 []ValidatingWebhook map(name) patch=merge(name)`,
    ValidatingWebhookConfigurationList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []ValidatingWebhookConfiguration always`,
    Validation: `
      expression 1 string always
      message 2 string
      reason 3 *string
      messageExpression 4 string`,
    Variable: `[atomic]
      name 1 string!
      expression 2 string!`,
    WebhookClientConfig: `
      url 3 *string
      service 1 *ServiceReference
      caBundle 2 bytes`,
  },
}
