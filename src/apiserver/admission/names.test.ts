import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOnByDefault, orderedPlugins } from './names.ts'

const words = (text: string) => text.trim().split(/[\s,]+/)

/** As kube-apiserver 1.36.3 prints them at its start with every step switched on that is not deprecated. */
const mutating = words(`
  NamespaceLifecycle LimitRanger ServiceAccount NodeRestriction TaintNodesByCondition AlwaysPullImages PodNodeSelector
  Priority DefaultTolerationSeconds PodTolerationRestriction ExtendedResourceToleration DefaultStorageClass
  StorageObjectInUseProtection PodGroupProtection RuntimeClass DefaultIngressClass PodTopologyLabels
  MutatingAdmissionPolicy MutatingAdmissionWebhook`)
const validating = words(`
  LimitRanger ServiceAccount AlwaysPullImages ImagePolicyWebhook PodSecurity PodNodeSelector Priority
  PodTolerationRestriction EventRateLimit OwnerReferencesPermissionEnforcement PersistentVolumeClaimResize RuntimeClass
  CertificateApproval CertificateSigning ClusterTrustBundleAttest CertificateSubjectRestriction DenyServiceExternalIPs
  PodGroupWorkloadExists NodeDeclaredFeatureValidator JobValidation PodResizeValidator ValidatingAdmissionPolicy
  ValidatingAdmissionWebhook ResourceQuota`)
const byFlag = words(`
  AlwaysPullImages OwnerReferencesPermissionEnforcement EventRateLimit ExtendedResourceToleration ImagePolicyWebhook
  PodNodeSelector PodTolerationRestriction DenyServiceExternalIPs`)
/** By the gates without which they do nothing. */
const gated: Readonly<Record<string, readonly string[]>> = {
  JobValidation: ['GenericWorkload', 'WorkloadWithJob'],
}
const absent = new Set(Object.keys(gated))

for (const [kind, order] of Object.entries({ mutating, validating })) {
  test(`the ${kind} steps come in upstream's order`, () => {
    const wanted = order.filter((name) => !absent.has(name))
    assert.deepEqual(
      orderedPlugins.filter((name) => wanted.includes(name)),
      wanted,
    )
  })
}

test('every step is on or off as upstream has it, and there are no others', () => {
  const all = new Set([...mutating, ...validating].filter((name) => !absent.has(name)))
  assert.deepEqual(new Set(orderedPlugins), all)
  for (const name of all) assert.equal(isOnByDefault(name), !byFlag.includes(name), name)
})
