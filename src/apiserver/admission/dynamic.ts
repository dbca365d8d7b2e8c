/** The steps that a cluster's owner adds: policies and webhooks, in upstream's order. Each costs nothing while there is none of its kind. */
import type { Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import { Equivalents } from './matching/equivalents.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { mutatingAdmissionPolicy } from './policy/mutating.ts'
import { type PolicyParts, validatingAdmissionPolicy } from './policy/validating.ts'
import { mutatingAdmissionWebhook } from './webhook/mutating.ts'
import { validatingAdmissionWebhook } from './webhook/validating.ts'

export interface DynamicParts extends PolicyParts {
  readonly random: Random
  /** To call webhooks by. A server without it has policies alone. */
  readonly net?: Net | undefined
}

export function dynamicAdmission({ net, ...parts }: DynamicParts): readonly AdmissionPlugin[] {
  if (!net) return [mutatingAdmissionPolicy(parts), validatingAdmissionPolicy(parts)]
  const webhooks = {
    ...parts,
    net,
    equivalents: new Equivalents(parts.scheme),
    random: parts.random.stream('webhooks'),
  }
  return [
    mutatingAdmissionPolicy(parts),
    mutatingAdmissionWebhook(webhooks),
    validatingAdmissionPolicy(parts),
    validatingAdmissionWebhook(webhooks),
  ]
}
