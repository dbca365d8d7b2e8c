/**
 * Who vouches for a signer's certificates must be allowed to.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#clustertrustbundleattest
 */
import { groupResource, type KubeObject } from '../../api/meta.ts'
import type { ClusterTrustBundle } from '../../api/types/certificates/v1beta1.ts'
import type { DecidingAuthorizer } from '../authorization/decision.ts'
import { semanticEqual } from '../registry/validation/equal.ts'
import { maySign } from './certificates.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

export function clusterTrustBundleAttest(authorizer: DecidingAuthorizer): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    resources: ['clustertrustbundles.certificates.k8s.io'],
    async validate(attributes) {
      const { resource, operation, object, oldObject } = attributes
      if (groupResource(resource) !== 'clustertrustbundles.certificates.k8s.io') return
      if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      const { signerName } = (object as ClusterTrustBundle).spec
      if (!signerName) return
      if (oldObject && isOnlyForCollection(object, oldObject)) return
      if (await maySign(authorizer, attributes, 'attest', signerName)) return
      throw forbid(attributes, `user not permitted to attest for signerName ${JSON.stringify(signerName)}`)
    },
  }
}

/** Whether all that changed is what garbage collection and storage migration write. */
function isOnlyForCollection(object: KubeObject, oldObject: KubeObject): boolean {
  const rest = ({ metadata, ...contents }: KubeObject) => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, ...others } = metadata
    return { ...contents, metadata: others }
  }
  return semanticEqual(rest(object), rest(oldObject))
}
