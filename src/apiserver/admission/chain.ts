/** The admission steps in upstream's order (kubeapiserver/options/plugins.go), as far as they are on by default, plus NodeRestriction. */
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Admission } from '../admission.ts'
import type { AuthorizerChain } from '../authorization/decision.ts'
import { checkEscalation } from '../authorization/escalation.ts'
import type { Rbac } from '../authorization/rbac.ts'
import type { Objects } from '../objects.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { type AdmissionPlugin, admissionChain } from './plugin.ts'
import { podSecurity } from './pod-security/pod-security.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { priority } from './priority.ts'
import { type QuotaWriter, resourceQuota } from './quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import {
  defaultIngressClass,
  defaultStorageClass,
  persistentVolumeClaimResize,
  storageObjectInUseProtection,
} from './storage.ts'
import { defaultTolerationSeconds, taintNodesByCondition } from './taints.ts'

export interface AdmissionParts {
  objects: Objects
  authorizer: AuthorizerChain
  rbac: Rbac
  quotaWriter: () => QuotaWriter
  clock: Clock
  random: Random
  /** Names of plugins to leave out, as `--disable-admission-plugins`. */
  disabled?: readonly string[]
  /** Policies and webhooks: they run after the built-in mutating steps and before quota. */
  dynamic?: readonly AdmissionPlugin[]
}

export function defaultAdmission(parts: AdmissionParts): Admission {
  const { objects, authorizer, rbac, clock, random, quotaWriter, disabled = [], dynamic = [] } = parts
  const plugins: AdmissionPlugin[] = [
    namespaceLifecycle(objects),
    limitRanger(objects),
    serviceAccount({ objects, clock, random: random.stream('service-account-admission') }),
    nodeRestriction(objects),
    taintNodesByCondition,
    podSecurity(objects),
    priority(objects),
    defaultTolerationSeconds,
    defaultStorageClass(objects),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(objects),
    runtimeClass(objects),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(objects),
    podTopologyLabels(objects),
    ...dynamic,
    resourceQuota({ objects, writer: quotaWriter, clock }),
    // Upstream checks this in the storage of roles and bindings, after mutating admission.
    { name: 'RBACEscalation', mutate: (attributes) => checkEscalation({ rbac, authorizer }, attributes) },
  ]
  return admissionChain(plugins.filter(({ name }) => !disabled.includes(name)))
}
