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
    ExtraValue: `[items]
      items 1 []string`,
    FieldSelectorAttributes: `
      rawSelector 1 string
      requirements 2 []FieldSelectorRequirement atomic`,
    LabelSelectorAttributes: `
      rawSelector 1 string
      requirements 2 []LabelSelectorRequirement atomic`,
    LocalSubjectAccessReview: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SubjectAccessReviewSpec! | What is wanted.
      status 3 SubjectAccessReviewStatus | What was last observed; written by the system.`,
    NonResourceAttributes: `
      path 1 string
      verb 2 string`,
    NonResourceRule: `
      verbs 1 []string! atomic
      nonResourceURLs 2 []string atomic`,
    ResourceAttributes: `
      namespace 1 string
      verb 2 string
      group 3 string
      version 4 string
      resource 5 string
      subresource 6 string
      name 7 string
      fieldSelector 8 *FieldSelectorAttributes
      labelSelector 9 *LabelSelectorAttributes`,
    ResourceRule: `
      verbs 1 []string! atomic
      apiGroups 2 []string atomic
      resources 3 []string atomic
      resourceNames 4 []string atomic`,
    SelfSubjectAccessReview: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SelfSubjectAccessReviewSpec! | What is wanted.
      status 3 SubjectAccessReviewStatus | What was last observed; written by the system.`,
    SelfSubjectAccessReviewSpec: `
      resourceAttributes 1 *ResourceAttributes
      nonResourceAttributes 2 *NonResourceAttributes`,
    SelfSubjectRulesReview: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SelfSubjectRulesReviewSpec! | What is wanted.
      status 3 SubjectRulesReviewStatus | What was last observed; written by the system.`,
    SelfSubjectRulesReviewSpec: `
      namespace 1 string`,
    SubjectAccessReview: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 SubjectAccessReviewSpec! | What is wanted.
      status 3 SubjectAccessReviewStatus | What was last observed; written by the system.`,
    SubjectAccessReviewSpec: `
      resourceAttributes 1 *ResourceAttributes
      nonResourceAttributes 2 *NonResourceAttributes
      user 3 string
      groups 4 []string atomic
      extra 5 map[ExtraValue]
      uid 6 string`,
    SubjectAccessReviewStatus: `
      allowed 1 bool!
      denied 4 bool
      reason 2 string
      evaluationError 3 string`,
    SubjectRulesReviewStatus: `
      resourceRules 1 []ResourceRule! atomic
      nonResourceRules 2 []NonResourceRule! atomic
      incomplete 3 bool!
      evaluationError 4 string`,
  },
}
