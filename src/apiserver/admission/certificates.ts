/** Who may approve and sign certificate requests, and that none of them makes a master (https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/). */

import { groupResource } from '../../api/meta.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts'
import { derOf } from '../../api/x509/certificate.ts'
import { children, DerError } from '../../api/x509/der.ts'
import { readSubject, type Subject } from '../../api/x509/names.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { type DecidingAuthorizer, mastersGroup } from '../authorization/decision.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

export function certificateApproval(authorizer: DecidingAuthorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    resources: ['certificatesigningrequests.certificates.k8s.io'],
    async validate(attributes) {
      if (!isRequest(attributes, 'UPDATE', 'approval')) return
      const { signerName } = (attributes.object as CertificateSigningRequest).spec
      if (await maySign(authorizer, attributes, 'approve', signerName)) return
      throw forbid(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`)
    },
  }
}

export function certificateSigning(authorizer: DecidingAuthorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    resources: ['certificatesigningrequests.certificates.k8s.io'],
    async validate(attributes) {
      if (!isRequest(attributes, 'UPDATE', 'status')) return
      const request = attributes.object as CertificateSigningRequest
      const old = attributes.oldObject as CertificateSigningRequest
      const failed = ({ status }: CertificateSigningRequest) =>
        status?.conditions?.some(({ type }) => type === 'Failed')
      if (request.status?.certificate === old.status?.certificate && failed(request) === failed(old)) return
      if (await maySign(authorizer, attributes, 'sign', old.spec.signerName)) return
      throw forbid(
        attributes,
        `user not permitted to sign requests with signerName ${JSON.stringify(old.spec.signerName)}`,
      )
    },
  }
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  resources: ['certificatesigningrequests.certificates.k8s.io'],
  validate(attributes) {
    if (!isRequest(attributes, 'CREATE', '')) return
    const { signerName, request } = (attributes.object as CertificateSigningRequest).spec
    if (signerName !== 'kubernetes.io/kube-apiserver-client') return
    const groups = requestedSubject(request)?.organizations
    if (groups === undefined) throw forbid(attributes, 'the certificate request cannot be read')
    if (!groups.includes(mastersGroup)) return
    throw forbid(attributes, `use of ${signerName} signer with ${mastersGroup} group is not allowed`)
  },
}

function isRequest(attributes: AdmissionAttributes, operation: string, subresource: string): boolean {
  const { resource } = attributes
  if (groupResource(resource) !== 'certificatesigningrequests.certificates.k8s.io') return false
  return attributes.operation === operation && attributes.subresource === subresource
}

/** On the signer itself, or on all signers of its domain. */
export async function maySign(
  authorizer: DecidingAuthorizer,
  { user }: AdmissionAttributes,
  verb: string,
  signerName: string,
): Promise<boolean> {
  const names = [signerName, `${signerName.split('/')[0]}/*`]
  const base = { user, verb, isResourceRequest: true, apiGroup: 'certificates.k8s.io', apiVersion: '*', path: '' }
  const signer = { resource: 'signers', subresource: '', namespace: '' }
  for (const name of names) {
    if ((await authorizer.decide({ ...base, ...signer, name })).kind === 'allow') return true
  }
  return false
}

/** Undefined when this is no PKCS #10 request. `request` is base64 of PEM. */
export function requestedSubject(request: string): Subject | undefined {
  try {
    const info = children(derOf(Buffer.from(request, 'base64').toString('utf8')))[0]
    const subject = info && children(info.bytes)[1]
    return subject && readSubject(subject.content)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
