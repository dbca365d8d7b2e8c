/** authentication.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const authenticationV1Schema: GroupVersionSchema = {
  key: 'authentication/v1',
  group: 'authentication.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.authentication.v1',
  served: true,
  resources: `
    selfsubjectreviews selfsubjectreview SelfSubjectReview cluster: create
    tokenreviews tokenreview TokenReview cluster: create`,
  types: {
    BoundObjectReference: `
      kind 1 string
      apiVersion 2 string
      name 3 string
      uid 4 string`,
    ExtraValue: `[items]
      items 1 []string`,
    SelfSubjectReview: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      status 2 SelfSubjectReviewStatus | What was last observed; written by the system.`,
    SelfSubjectReviewStatus: `
      userInfo 1 UserInfo`,
    TokenRequest: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 TokenRequestSpec always | What is wanted.
      status 3 TokenRequestStatus | What was last observed; written by the system.`,
    TokenRequestSpec: `
      audiences 1 []string always atomic
      expirationSeconds 4 *int64 always
      boundObjectRef 3 *BoundObjectReference always`,
    TokenRequestStatus: `
      token 1 string always
      expirationTimestamp 2 time always`,
    TokenReview: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 TokenReviewSpec! | What is wanted.
      status 3 TokenReviewStatus | What was last observed; written by the system.`,
    TokenReviewSpec: `
      token 1 string required
      audiences 2 []string atomic`,
    TokenReviewStatus: `
      authenticated 1 bool
      user 2 UserInfo
      audiences 4 []string atomic
      error 3 string`,
    UserInfo: `
      username 1 string
      uid 2 string
      groups 3 []string atomic
      extra 4 map[ExtraValue]`,
  },
}
