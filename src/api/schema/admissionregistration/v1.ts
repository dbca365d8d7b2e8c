/** admissionregistration.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const admissionregistrationV1Schema: GroupVersionSchema = {
  key: 'admissionregistration/v1',
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.admissionregistration.v1',
  served: true,
  resources: `
    mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy cluster: all; categories api-extensions
    mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding cluster: all; categories api-extensions
    mutatingwebhookconfigurations mutatingwebhookconfiguration MutatingWebhookConfiguration cluster: all; categories api-extensions
    validatingadmissionpolicies validatingadmissionpolicy ValidatingAdmissionPolicy cluster: all; categories api-extensions
      /status ValidatingAdmissionPolicy: get patch update
    validatingadmissionpolicybindings validatingadmissionpolicybinding ValidatingAdmissionPolicyBinding cluster: all; categories api-extensions
    validatingwebhookconfigurations validatingwebhookconfiguration ValidatingWebhookConfiguration cluster: all; categories api-extensions`,
  columns: `
    mutatingadmissionpolicies: Name/name, Mutations:integer, ParamKind, Age
    mutatingadmissionpolicybindings: Name/name, PolicyName, ParamRef, Age
    mutatingwebhookconfigurations: Name/name, Webhooks:integer, Age
    validatingadmissionpolicies: Name/name, Validations:integer, ParamKind, Age
    validatingadmissionpolicybindings: Name/name, PolicyName, ParamRef, Age
    validatingwebhookconfigurations: Name/name, Webhooks:integer, Age`,
  types: {
    ApplyConfiguration: `
      expression 1 string`,
    AuditAnnotation: `
      key 1 string!
      valueExpression 2 string!`,
    ExpressionWarning: `
      fieldRef 2 string!
      warning 3 string!`,
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
      name 1 string!
      clientConfig 2 WebhookClientConfig!
      rules 3 []RuleWithOperations atomic
      failurePolicy 4 *string
      matchPolicy 9 *string
      namespaceSelector 5 *LabelSelector
      objectSelector 11 *LabelSelector
      sideEffects 6 *string!
      timeoutSeconds 7 *int32
      admissionReviewVersions 8 []string! atomic
      reinvocationPolicy 10 *string
      matchConditions 12 []MatchCondition map(name) patch=merge(name)`,
    MutatingWebhookConfiguration: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      webhooks 2 []MutatingWebhook map(name) patch=merge(name)`,
    Mutation: `
      patchType 2 string!
      applyConfiguration 3 *ApplyConfiguration
      jsonPatch 4 *JSONPatch`,
    NamedRuleWithOperations: `[atomic]
      resourceNames 1 []string atomic
      ...RuleWithOperations 2`,
    ParamKind: `[atomic]
      apiVersion 1 string
      kind 2 string`,
    ParamRef: `[atomic]
      name 1 string
      namespace 2 string
      selector 3 *LabelSelector
      parameterNotFoundAction 4 *string`,
    Rule: `
      apiGroups 1 []string atomic
      apiVersions 2 []string atomic
      resources 3 []string atomic
      scope 4 *string`,
    RuleWithOperations: `
      operations 1 []string atomic
      ...Rule 2`,
    ServiceReference: `
      namespace 1 string!
      name 2 string!
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
      spec 2 ValidatingAdmissionPolicyBindingSpec required | What is wanted.`,
    ValidatingAdmissionPolicyBindingSpec: `
      policyName 1 string required
      paramRef 2 *ParamRef
      matchResources 3 *MatchResources
      validationActions 4 []string required set`,
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
      name 1 string!
      clientConfig 2 WebhookClientConfig!
      rules 3 []RuleWithOperations atomic
      failurePolicy 4 *string
      matchPolicy 9 *string
      namespaceSelector 5 *LabelSelector
      objectSelector 10 *LabelSelector
      sideEffects 6 *string!
      timeoutSeconds 7 *int32
      admissionReviewVersions 8 []string! atomic
      matchConditions 11 []MatchCondition map(name) patch=merge(name)`,
    ValidatingWebhookConfiguration: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      webhooks 2 []ValidatingWebhook map(name) patch=merge(name)`,
    Validation: `
      expression 1 string!
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
