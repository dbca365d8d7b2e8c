/** admissionregistration.k8s.io v1alpha1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const admissionregistrationV1alpha1Schema: GroupVersionSchema = {
  key: 'admissionregistration/v1alpha1',
  group: 'admissionregistration.k8s.io',
  version: 'v1alpha1',
  protoPackage: 'k8s.io.api.admissionregistration.v1alpha1',
  served: false,
  resources: `
    mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy cluster: all; categories api-extensions
    mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding cluster: all; categories api-extensions`,
  columns: `
    mutatingadmissionpolicies: Name/name, Mutations:integer, ParamKind, Age
    mutatingadmissionpolicybindings: Name/name, PolicyName, ParamRef, Age`,
  types: {
    ApplyConfiguration: `A change in the form of a server-side apply.
      expression 1 string | CEL that gives the apply configuration.`,
    AuditAnnotation: `An annotation of the audit event.
      key 1 string always | Name of the annotation, after the policy's name.
      valueExpression 2 string always | CEL that gives its value; null leaves it out.`,
    ExpressionWarning: `A doubt about an expression.
      fieldRef 2 string always | Where the expression stands.
      warning 3 string always | What is doubtful.`,
    JSONPatch: `A change in the form of a JSON patch.
      expression 1 string | CEL that gives the list of operations.`,
    MatchCondition: `A condition for being asked at all.
      name 1 string! | Tells the conditions apart.
      expression 2 string! | CEL that must be true.`,
    MatchResources: `[atomic] Which requests a policy is about.
      namespaceSelector 1 *LabelSelector | Labels of the namespace; all when empty.
      objectSelector 2 *LabelSelector | Labels of the object, old or new; all when empty.
      resourceRules 3 []NamedRuleWithOperations atomic | Requests that one of these fits.
      excludeResourceRules 4 []NamedRuleWithOperations atomic | But not those that one of these fits.
      matchPolicy 7 *string enum(Equivalent,Exact) | Exact, or Equivalent (the default) for other versions of the resource too.`,
    MutatingAdmissionPolicy: `[kind] Changes objects that are about to be stored, by CEL.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 MutatingAdmissionPolicySpec | What is wanted.`,
    MutatingAdmissionPolicyBinding: `[kind] Puts a policy into force.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 MutatingAdmissionPolicyBindingSpec | What is wanted.`,
    MutatingAdmissionPolicyBindingSpec: `Which policy, with which parameters, for which requests.
      policyName 1 string | Name of the policy.
      paramRef 2 *ParamRef | The parameters.
      matchResources 3 *MatchResources | Only these of the policy's requests.`,
    MutatingAdmissionPolicySpec: `What is changed, and for which requests.
      paramKind 1 *ParamKind | Kind of the parameters.
      matchConstraints 2 *MatchResources | Which requests.
      variables 3 []Variable atomic | Named expressions for the others.
      mutations 4 []Mutation atomic | The changes, one after the other.
      failurePolicy 5 *string enum(Fail,Ignore) | Fail (the default) or Ignore: what an error means.
      matchConditions 6 []MatchCondition map(name) patch=merge(name) | All must hold.
      reinvocationPolicy 7 string enum(IfNeeded,Never) | Never, or IfNeeded to ask again after later changes.`,
    Mutation: `A change; one of these.
      patchType 2 string! enum(ApplyConfiguration,JSONPatch) | ApplyConfiguration or JSONPatch.
      applyConfiguration 3 *ApplyConfiguration | As a server-side apply.
      jsonPatch 4 *JSONPatch | As a JSON patch.`,
    NamedRuleWithOperations: `[atomic] Requests, perhaps for certain names only.
      resourceNames 1 []string atomic | Names of objects; all when empty.
      ...admissionregistration/v1.RuleWithOperations 2`,
    ParamKind: `[atomic] Kind of a policy's parameters.
      apiVersion 1 string | Its API version.
      kind 2 string | Its kind.`,
    ParamRef: `[atomic] A policy's parameters.
      name 1 string | Name of the object.
      namespace 2 string | Its namespace; that of the request when absent.
      selector 3 *LabelSelector | Labels of several objects, instead of a name.
      parameterNotFoundAction 4 *string enum(Allow,Deny) | Allow or Deny: what happens without parameters.`,
    TypeChecking: `What was found wrong with a policy's types.
      expressionWarnings 1 []ExpressionWarning atomic | The doubts.`,
    ValidatingAdmissionPolicy: `[kind] Refuses objects that break rules, by CEL.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ValidatingAdmissionPolicySpec | What is wanted.
      status 3 ValidatingAdmissionPolicyStatus | What was last observed; written by the system.`,
    ValidatingAdmissionPolicyBinding: `[kind] Puts a policy into force.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ValidatingAdmissionPolicyBindingSpec | What is wanted.`,
    ValidatingAdmissionPolicyBindingList: `[kind] A list of ValidatingAdmissionPolicyBinding objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []ValidatingAdmissionPolicyBinding always | The objects.`,
    ValidatingAdmissionPolicyBindingSpec: `Which policy, with which parameters, for which requests.
      policyName 1 string | Name of the policy.
      paramRef 2 *ParamRef | The parameters.
      matchResources 3 *MatchResources | Only these of the policy's requests.
      validationActions 4 []string set enum(Audit,Deny,Warn) | Deny, Warn or Audit: what a broken rule leads to.`,
    ValidatingAdmissionPolicyList: `[kind] A list of ValidatingAdmissionPolicy objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []ValidatingAdmissionPolicy always | The objects.`,
    ValidatingAdmissionPolicySpec: `What is checked, and for which requests.
      paramKind 1 *ParamKind | Kind of the parameters.
      matchConstraints 2 *MatchResources | Which requests.
      validations 3 []Validation atomic | The rules.
      failurePolicy 4 *string enum(Fail,Ignore) | Fail (the default) or Ignore: what an error means.
      auditAnnotations 5 []AuditAnnotation atomic | Annotations of the audit event.
      matchConditions 6 []MatchCondition map(name) patch=merge(name) | All must hold.
      variables 7 []Variable map(name) patch=merge(name) | Named expressions for the others.`,
    ValidatingAdmissionPolicyStatus: `What was found about a policy.
      observedGeneration 1 int64 | The generation that was looked at.
      typeChecking 2 *TypeChecking | What was found wrong with its types.
      conditions 3 []Condition map(type) | Aspects of the state.`,
    Validation: `A rule.
      expression 1 string always | CEL that must be true.
      message 2 string | What is said when it is not.
      reason 3 *string | Reason of the refusal: Unauthorized, Forbidden, Invalid or RequestEntityTooLarge.
      messageExpression 4 string | CEL that gives the message.`,
    Variable: `A named expression.
      name 1 string! | Its name; used as variables.name.
      expression 2 string! | The CEL.`,
  },
}
