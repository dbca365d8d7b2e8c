/**
 * Type checks of admission policies in a controller manager that has no API server in its process: by the kinds that are
 * built in. What they need is loaded with the first policy.
 */
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '../../api/types/admissionregistration/v1.ts'
import type { Scheme } from '../../apiserver/scheme/scheme.ts'

let schemeLoaded: Promise<Scheme> | undefined

/** Custom resources are not known here: expressions about them are in no doubt. */
export async function checkBuiltInPolicyTypes(policy: ValidatingAdmissionPolicy): Promise<ExpressionWarning[]> {
  schemeLoaded ??= loadScheme()
  const [{ checkPolicyTypes }, scheme] = await Promise.all([
    import('../../apiserver/admission/policy/type-check.ts'),
    schemeLoaded,
  ])
  return checkPolicyTypes(scheme, policy)
}

async function loadScheme(): Promise<Scheme> {
  const { builtInScheme } = await import('../../apiserver/scheme/scheme.ts')
  return builtInScheme({ strategies: new Map(), conversions: new Map() })
}
