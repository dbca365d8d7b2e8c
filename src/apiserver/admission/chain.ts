/** The admission steps in upstream's order (`names.ts`), those that are on by default and those that a flag asks for. */
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import type { Admission } from '../admission.ts'
import type { AuthorizerChain } from '../authorization/decision.ts'
import { checkEscalation, writtenRights } from '../authorization/escalation.ts'
import type { Rbac } from '../authorization/rbac.ts'
import { AdmissionMetrics } from '../metrics/security-metrics.ts'
import type { Objects } from '../objects.ts'
import type { Gates } from '../scheme/feature-gates.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { clusterTrustBundleAttest } from './cluster-trust-bundles.ts'
import { deviceAdminAccess } from './device-admin-access.ts'
import { limitRanger } from './limit-ranger.ts'
import { isOnByDefault, orderedPlugins } from './names.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeDeclaredFeatureValidator } from './node-declared-features.ts'
import { nodeRestriction } from './node-restriction.ts'
import { optionalPlugins } from './optional.ts'
import { type AdmissionPlugin, admissionChain } from './plugin.ts'
import type { PluginConfiguration } from './plugin-configuration.ts'
import { podGroupProtection, podGroupWorkloadExists } from './pod-groups.ts'
import { podResizeValidator } from './pod-resize.ts'
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
import { type AbsenceTolerance, defaultTolerationSeconds, taintNodesByCondition } from './taints.ts'

export interface AdmissionParts {
  objects: Objects
  authorizer: AuthorizerChain
  rbac: Rbac
  quotaWriter: () => QuotaWriter
  clock: Clock
  random: Random
  /** Feature gates; the defaults when absent. */
  gates?: Gates | undefined
  /** Names of plugins to have besides those that are on by default, as `--enable-admission-plugins`. */
  enabled?: readonly string[]
  /** Names of plugins to leave out, as `--disable-admission-plugins`. */
  disabled?: readonly string[]
  /** Settings of plugins, as `--admission-control-config-file`. */
  configuration?: PluginConfiguration
  /** How long pods stay on nodes that are away. */
  absence?: AbsenceTolerance
  /** For OwnerReferencesPermissionEnforcement. */
  scheme?: Scheme
  /** For ImagePolicyWebhook. */
  net?: Net | undefined
  /** What policies and webhooks count in, too. */
  metrics?: AdmissionMetrics
  /** Policies and webhooks: they run after the built-in mutating steps and before quota. */
  dynamic?: readonly AdmissionPlugin[]
  /** Of the program that this server is a part of: after policies and webhooks, before quota. */
  added?: readonly AdmissionPlugin[]
}

export function defaultAdmission(parts: AdmissionParts): Admission {
  const { enabled = [], disabled = [], added = [], rbac, authorizer } = parts
  const wanted = (name: string) => !disabled.includes(name) && (isOnByDefault(name) || enabled.includes(name))
  const byName = new Map([...standardPlugins(parts), ...optionalPlugins(parts, enabled)].map((one) => [one.name, one]))
  const named = (names: readonly string[]) => names.filter(wanted).flatMap((name) => byName.get(name) ?? [])
  const plugins = [...named(orderedPlugins.slice(0, -1)), ...added, ...named(orderedPlugins.slice(-1))]
  // Upstream checks this and the access to devices in the storage of what is written, after mutating admission.
  const escalation = {
    name: 'RBACEscalation',
    resources: writtenRights,
    mutate: checkEscalation.bind(undefined, { rbac, authorizer }),
  }
  const { metrics = new AdmissionMetrics(), clock } = parts
  return admissionChain([...plugins, escalation, deviceAdminAccess(parts.objects)], { metrics, clock })
}

function standardPlugins(parts: AdmissionParts): AdmissionPlugin[] {
  const { objects, authorizer, clock, random, quotaWriter, configuration, metrics, dynamic = [] } = parts
  return [
    namespaceLifecycle(objects),
    limitRanger(objects),
    serviceAccount({ objects, clock, random: random.stream('service-account-admission') }),
    nodeRestriction({ objects, authorizer }),
    taintNodesByCondition,
    podSecurity(objects, configuration?.podSecurity, metrics),
    priority(objects, parts.gates),
    defaultTolerationSeconds(parts.absence),
    defaultStorageClass(objects),
    storageObjectInUseProtection,
    podGroupProtection,
    podGroupWorkloadExists(objects),
    persistentVolumeClaimResize(objects),
    runtimeClass(objects),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    clusterTrustBundleAttest(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(objects),
    podTopologyLabels(objects),
    nodeDeclaredFeatureValidator(objects),
    podResizeValidator(objects),
    ...dynamic,
    resourceQuota({ objects, writer: quotaWriter, clock }),
  ]
}
