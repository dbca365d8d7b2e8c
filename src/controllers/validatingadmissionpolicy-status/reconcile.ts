/** Says in a policy's status what its expressions seem to get wrong about the types that it is about. */
import { keyOf } from '../../api/meta.ts'
import { admissionregistrationV1 } from '../../api/resources.ts'
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../../api/types/admissionregistration/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'

/** Who knows the types is the API server. */
export type PolicyTypeCheck = (
  policy: ValidatingAdmissionPolicy,
) => readonly ExpressionWarning[] | Promise<readonly ExpressionWarning[]>

export function validatingAdmissionPolicyStatusController(
  { client, informers }: ControllerParts,
  { checkPolicyTypes }: { checkPolicyTypes: PolicyTypeCheck },
): Controller {
  const policies = informers.of(admissionregistrationV1.validatingAdmissionPolicies)
  const name = 'validatingadmissionpolicy-status-controller'
  return {
    name,
    sources: [source(policies, ({ object }) => [keyOf(object)])],
    async reconcile(key) {
      const policy = policies.get(key)
      const { generation = 0 } = policy?.metadata ?? {}
      if (!policy || generation <= (policy.status?.observedGeneration ?? 0)) return done
      const expressionWarnings = await checkPolicyTypes(policy)
      const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings }
      const patch = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: key },
        status: { observedGeneration: generation, typeChecking },
      }
      const options = { fieldManager: 'validatingadmissionpolicy-status' }
      const api = client.of(admissionregistrationV1.validatingAdmissionPolicies)
      await api.patchStatus(key, { type: 'apply', patch, force: true }, options)
      return done
    },
  }
}
