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
    BoundObjectReference: `The object that a token lives as long as.
      kind 1 string | Pod, Secret or Node.
      apiVersion 2 string | Its API version.
      name 3 string | Its name.
      uid 4 string | Its uid.`,
    ExtraValue: `[items] Values of a further attribute.
      items 1 []string | The values.`,
    SelfSubjectReview: `[kind] Asks who the caller is.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      status 2 SelfSubjectReviewStatus | What was last observed; written by the system.`,
    SelfSubjectReviewStatus: `Who the caller is.
      userInfo 1 UserInfo | The caller.`,
    TokenRequest: `[kind] Asks for a token of a service account.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 TokenRequestSpec always | What is wanted.
      status 3 TokenRequestStatus | What was last observed; written by the system.`,
    TokenRequestSpec: `What token is wanted.
      audiences 1 []string always atomic | Who the token is for.
      expirationSeconds 4 *int64 always | Its life time; 3600 when absent.
      boundObjectRef 3 *BoundObjectReference always | The token ends with this object.`,
    TokenRequestStatus: `The token.
      token 1 string always | The token.
      expirationTimestamp 2 time always | When it ends.`,
    TokenReview: `[kind] Asks whose a token is.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 TokenReviewSpec! | What is wanted.
      status 3 TokenReviewStatus | What was last observed; written by the system.`,
    TokenReviewSpec: `The token.
      token 1 string required | The token.
      audiences 2 []string atomic | Who it should be for; the API server when absent.`,
    TokenReviewStatus: `Whose the token is.
      authenticated 1 bool | The token is valid.
      user 2 UserInfo | Whose it is.
      audiences 4 []string atomic | Audiences that both the token and the question name.
      error 3 string | Why it could not be checked.`,
    UserInfo: `Who makes a request.
      username 1 string | Name of the user.
      uid 2 string | Id that outlasts the name.
      groups 3 []string atomic | Groups of the user.
      extra 4 map[ExtraValue] | Further attributes.`,
  },
}
