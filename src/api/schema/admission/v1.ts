/** admission.k8s.io v1: what admission webhooks are asked and answer. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const admissionV1Schema: GroupVersionSchema = {
  key: 'admission/v1',
  group: 'admission.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.admission.v1',
  served: false,
  types: {
    AdmissionReview: `[kind] A question to an admission webhook, and its answer.
      request 1 *AdmissionRequest | What is about to be done.
      response 2 *AdmissionResponse | What the webhook says to it.`,
    AdmissionRequest: `A write that awaits admission.
      uid 1 string! | Identifies this question; the answer repeats it.
      kind 2 GroupVersionKind! | The kind of the object as the webhook sees it.
      resource 3 GroupVersionResource! | The resource as the webhook sees it.
      subResource 4 string | The subresource that is written, such as status or scale.
      requestKind 13 *GroupVersionKind | The kind of the original request, before conversion for the webhook.
      requestResource 14 *GroupVersionResource | The resource of the original request.
      requestSubResource 15 string | The subresource of the original request.
      name 5 string | Name of the object; empty while the server has yet to generate it.
      namespace 6 string | Namespace of the object, if it is in one.
      operation 7 string! | CREATE, UPDATE, DELETE or CONNECT.
      userInfo 8 authentication/v1.UserInfo! | Who asks.
      object 9 raw | The object as it would be stored.
      oldObject 10 raw | The object as it is stored now, for updates and deletes.
      dryRun 11 *bool | Nothing will be stored; side effects must be left out.
      options 12 raw | The options of the operation, such as CreateOptions.`,
    AdmissionResponse: `A webhook's answer.
      uid 1 string! | The uid of the request.
      allowed 2 bool! | Whether the write may go on.
      status 3 *Status | Why the write is refused.
      patch 4 bytes | Changes to the object, in the format that patchType names.
      patchType 5 *string | JSONPatch is the only format.
      auditAnnotations 6 map[string] | Added to the audit event, with the webhook's name before each key.
      warnings 7 []string | Shown to the client as Warning headers.`,
  },
}
