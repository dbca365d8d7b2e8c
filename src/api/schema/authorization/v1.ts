/** authorization.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const authorizationV1Schema: GroupVersionSchema = {
  key: 'authorization/v1',
  group: 'authorization.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.authorization.v1',
  served: true,
  resources: `
    localsubjectaccessreviews localsubjectaccessreview LocalSubjectAccessReview namespaced: create
    selfsubjectaccessreviews selfsubjectaccessreview SelfSubjectAccessReview cluster: create
    selfsubjectrulesreviews selfsubjectrulesreview SelfSubjectRulesReview cluster: create
    subjectaccessreviews subjectaccessreview SubjectAccessReview cluster: create`,
  types: {
    ExtraValue: `[items] Values of a further attribute.
      items 1 []string | The values.`,
    FieldSelectorAttributes: `The field selector of a request.
      rawSelector 1 string | Its text.
      requirements 2 []FieldSelectorRequirement atomic | Its rules.`,
    LabelSelectorAttributes: `The label selector of a request.
      rawSelector 1 string | Its text.
      requirements 2 []LabelSelectorRequirement atomic | Its rules.`,
    LocalSubjectAccessReview: `[kind] Asks whether someone may do something in a namespace.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SubjectAccessReviewSpec! | The question; its namespace must be the object's.
      status 3 SubjectAccessReviewStatus | What was last observed; written by the system.`,
    NonResourceAttributes: `A request for a path.
      path 1 string | The path.
      verb 2 string | The HTTP method in small letters.`,
    NonResourceRule: `Verbs on paths.
      verbs 1 []string! atomic | What may be done.
      nonResourceURLs 2 []string atomic | The paths.`,
    ResourceAttributes: `A request for a resource.
      namespace 1 string | Namespace; empty for all, or for cluster-scoped resources.
      verb 2 string | Such as get or list; * is all.
      group 3 string | Group of the resource; * is all.
      version 4 string | Version of the resource; * is all.
      resource 5 string | The resource; * is all.
      subresource 6 string | The subresource.
      name 7 string | Name of the object; empty is all.
      fieldSelector 8 *FieldSelectorAttributes | Limits a list, watch or deletion by fields.
      labelSelector 9 *LabelSelectorAttributes | Limits a list, watch or deletion by labels.`,
    ResourceRule: `Verbs on resources.
      verbs 1 []string! atomic | What may be done.
      apiGroups 2 []string atomic | Groups of the resources.
      resources 3 []string atomic | The resources.
      resourceNames 4 []string atomic | Only objects of these names.`,
    SelfSubjectAccessReview: `[kind] Asks whether the caller may do something.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SelfSubjectAccessReviewSpec! | What is wanted.
      status 3 SubjectAccessReviewStatus | What was last observed; written by the system.`,
    SelfSubjectAccessReviewSpec: `The question; one of these.
      resourceAttributes 1 *ResourceAttributes | About a resource.
      nonResourceAttributes 2 *NonResourceAttributes | About a path.`,
    SelfSubjectRulesReview: `[kind] Asks what the caller may do in a namespace.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SelfSubjectRulesReviewSpec! | What is wanted.
      status 3 SubjectRulesReviewStatus | What was last observed; written by the system.`,
    SelfSubjectRulesReviewSpec: `The question.
      namespace 1 string | The namespace.`,
    SubjectAccessReview: `[kind] Asks whether someone may do something.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SubjectAccessReviewSpec! | What is wanted.
      status 3 SubjectAccessReviewStatus | What was last observed; written by the system.`,
    SubjectAccessReviewSpec: `The question: about a resource or a path, and who.
      resourceAttributes 1 *ResourceAttributes | About a resource.
      nonResourceAttributes 2 *NonResourceAttributes | About a path.
      user 3 string | Name of the user.
      groups 4 []string atomic | Groups of the user.
      extra 5 map[ExtraValue] | Further attributes of the user.
      uid 6 string | Id of the user.`,
    SubjectAccessReviewStatus: `The answer.
      allowed 1 bool! | It may be done.
      denied 4 bool | It is forbidden, whatever else allows it.
      reason 2 string | Why.
      evaluationError 3 string | What went wrong while deciding.`,
    SubjectRulesReviewStatus: `What may be done.
      resourceRules 1 []ResourceRule! atomic | With resources.
      nonResourceRules 2 []NonResourceRule! atomic | With paths.
      incomplete 3 bool! | There may be more.
      evaluationError 4 string | What went wrong while gathering.`,
  },
}
