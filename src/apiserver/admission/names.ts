/**
 * Every admission step by name, in upstream's order, and whether it is on unless a flag says otherwise. Upstream's
 * JobValidation is not among them: it does something only with the gate WorkloadWithJob, alpha and off in 1.36.
 */
const table = `
  NamespaceLifecycle
  LimitRanger
  ServiceAccount
  NodeRestriction
  TaintNodesByCondition
  AlwaysPullImages off
  ImagePolicyWebhook off
  PodSecurity
  PodNodeSelector off
  Priority
  DefaultTolerationSeconds
  PodTolerationRestriction off
  EventRateLimit off
  ExtendedResourceToleration off
  DefaultStorageClass
  StorageObjectInUseProtection
  PodGroupProtection
  OwnerReferencesPermissionEnforcement off
  PersistentVolumeClaimResize
  RuntimeClass
  CertificateApproval
  CertificateSigning
  ClusterTrustBundleAttest
  CertificateSubjectRestriction
  DefaultIngressClass
  DenyServiceExternalIPs off
  PodTopologyLabels
  PodGroupWorkloadExists
  NodeDeclaredFeatureValidator
  PodResizeValidator
  MutatingAdmissionPolicy
  MutatingAdmissionWebhook
  ValidatingAdmissionPolicy
  ValidatingAdmissionWebhook
  ResourceQuota
`

const entries = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(' '))

export const orderedPlugins: readonly string[] = entries.map(([name = '']) => name)

const onByDefault = new Set(entries.filter(([, off]) => off === undefined).map(([name]) => name))

/** NodeRestriction is on here, as the tools that make clusters have it. */
export function isOnByDefault(name: string): boolean {
  return onByDefault.has(name)
}
