/** Rows of rbac.authorization.k8s.io and certificates.k8s.io. */
import type { CertificateSigningRequest } from '../../../api/types/certificates/v1.ts'
import type { ClusterTrustBundle, PodCertificateRequest } from '../../../api/types/certificates/v1beta1.ts'
import type { ClusterRoleBinding, RoleBinding } from '../../../api/types/rbac/v1.ts'
import { age, createdAt, durationText, labelsText, none } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const rbacPrinters: Printers = {
  clusterrolebindings: printer(printBinding),
  clusterroles: (role) => [role.metadata.name, createdAt(role)],
  rolebindings: printer(printBinding),
  roles: (role) => [role.metadata.name, createdAt(role)],
}

export const certificatesPrinters: Printers = {
  certificatesigningrequests: printer(printSigningRequest),
  clustertrustbundles: printer<ClusterTrustBundle>(({ metadata, spec }) => [metadata.name, spec?.signerName || none]),
  podcertificaterequests: printer(printPodCertificateRequest),
}

function printBinding(binding: RoleBinding | ClusterRoleBinding, nowMs: number): unknown[] {
  const { metadata, roleRef, subjects = [] } = binding
  const named = (kind: string): string[] => subjects.filter((subject) => subject.kind === kind).map(({ name }) => name)
  const accounts = subjects
    .filter(({ kind }) => kind === 'ServiceAccount')
    .map((each) => `${each.namespace}/${each.name}`)
  return [
    metadata.name,
    `${roleRef.kind}/${roleRef.name}`,
    age(binding, nowMs),
    named('User').join(', '),
    named('Group').join(', '),
    accounts.join(', '),
  ]
}

function printSigningRequest(request: CertificateSigningRequest, nowMs: number): unknown[] {
  const { metadata, spec } = request
  return [
    metadata.name,
    age(request, nowMs),
    spec?.signerName || none,
    spec?.username ?? '',
    spec?.expirationSeconds === undefined ? none : durationText(spec.expirationSeconds * 1000),
    signingState(request),
  ]
}

function signingState({ status }: CertificateSigningRequest): string {
  const has = (wanted: string): boolean => status?.conditions?.some(({ type }) => type === wanted) ?? false
  const words = [has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending']
  if (has('Failed')) words.push('Failed')
  if (status?.certificate) words.push('Issued')
  return words.join(',')
}

function printPodCertificateRequest({ metadata, spec, status }: PodCertificateRequest): unknown[] {
  const states = ['Issued', 'Denied', 'Failed']
  return [
    metadata.name,
    spec?.podName ?? '',
    spec?.serviceAccountName ?? '',
    spec?.nodeName ?? '',
    spec?.signerName ?? '',
    status?.conditions?.findLast(({ type }) => states.includes(type))?.type ?? 'Pending',
    labelsText(spec?.unverifiedUserAnnotations),
  ]
}
