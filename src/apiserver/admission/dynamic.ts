/** The steps that a cluster's owner adds: policies and webhooks, in upstream's order. Each costs nothing while there is none of its kind. */
import type { AdmissionPlugin } from './plugin.ts'
import { mutatingAdmissionPolicy } from './policy/mutating.ts'
import { type PolicyParts, validatingAdmissionPolicy } from './policy/validating.ts'

export interface DynamicParts extends PolicyParts {}

export function dynamicAdmission(parts: DynamicParts): readonly AdmissionPlugin[] {
  return [mutatingAdmissionPolicy(parts), validatingAdmissionPolicy(parts)]
}
