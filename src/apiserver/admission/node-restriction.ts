/** A kubelet writes only its own Node, lease and CSINode, pods bound to it, and requests for certificates of its name (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction). */
import { notFound } from '../../api/errors.ts'
import { groupResource } from '../../api/meta.ts'
import { podReferences } from '../../api/pod-references.ts'
import { coreV1 } from '../../api/resources.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts'
import type { PersistentVolumeClaim, Pod } from '../../api/types/core/v1.ts'
import type { ResourceSlice } from '../../api/types/resource/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { nodeNameOf } from '../authorization/node.ts'
import type { Objects } from '../objects.ts'
import { requestedSubject } from './certificates.ts'
import { checkOwnNode } from './node-labels.ts'
import { checkNodeToken, type NodeTokenParts, podName } from './node-tokens.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

const mirrorAnnotation = 'kubernetes.io/config.mirror'
const leaseNamespace = 'kube-node-lease'

export function nodeRestriction(parts: NodeTokenParts): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    mutate(attributes) {
      const node = nodeNameOf(attributes.user)
      if (node === undefined || attributes.operation === 'CONNECT') return undefined
      if (node === '')
        throw forbid(attributes, `could not determine node from user ${JSON.stringify(attributes.user.name)}`)
      return checkNode(parts, attributes, node)
    },
  }
}

async function checkNode(parts: NodeTokenParts, attributes: AdmissionAttributes, node: string): Promise<void> {
  switch (groupResource(attributes.resource)) {
    case 'pods':
      return await checkPod(parts.objects, attributes, node)
    case 'nodes':
      checkOwnNode(attributes, node)
      return
    case 'persistentvolumeclaims':
      checkClaim(attributes, node)
      return
    case 'serviceaccounts':
      return await checkNodeToken(parts, attributes, node)
    case 'leases.coordination.k8s.io':
      if (attributes.namespace !== leaseNamespace) {
        throw forbid(attributes, `can only access leases in the "${leaseNamespace}" system namespace`)
      }
      requireOwnName(attributes, node, 'node lease')
      return
    case 'csinodes.storage.k8s.io':
      requireOwnName(attributes, node, 'CSINode')
      return
    case 'certificatesigningrequests.certificates.k8s.io':
      checkCertificateRequest(attributes, node)
      return
    case 'resourceslices.resource.k8s.io':
      checkSlice(attributes, node)
  }
}

async function checkPod(objects: Objects, attributes: AdmissionAttributes, node: string): Promise<void> {
  const { subresource, operation } = attributes
  const quoted = JSON.stringify(node)
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return await checkMirrorPod(objects, attributes, node)
      if (operation === 'DELETE') {
        if ((attributes.oldObject as Pod | undefined)?.spec?.nodeName === node) return
        throw forbid(attributes, `node ${quoted} can only delete pods with spec.nodeName set to itself`)
      }
      throw forbid(
        attributes,
        `unexpected operation ${JSON.stringify(operation)}, node ${quoted} can only create and delete mirror pods`,
      )
    case 'status':
      checkPodStatus(attributes, quoted, node)
      return
    case 'eviction': {
      const pod = await objects.get(coreV1.pods, `${attributes.namespace}/${attributes.name}`)
      if (!pod) throw notFound(podName, attributes.name)
      if (pod.spec?.nodeName === node) return
      throw forbid(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`)
    }
  }
  throw forbid(
    attributes,
    `unexpected pod subresource ${JSON.stringify(subresource)}, only 'status' and 'eviction' are allowed`,
  )
}

function checkPodStatus(attributes: AdmissionAttributes, quoted: string, node: string): void {
  const { operation, object, oldObject } = attributes
  if (operation !== 'UPDATE') throw forbid(attributes, `unexpected operation ${JSON.stringify(operation)}`)
  const [pod, old] = [object as Pod, oldObject as Pod]
  if (old.spec?.nodeName !== node) {
    throw forbid(attributes, `node ${quoted} can only update pod status for pods with spec.nodeName set to itself`)
  }
  if (!sameRecord(pod.metadata.labels, old.metadata.labels)) {
    throw forbid(attributes, `node ${quoted} cannot update labels through pod status`)
  }
  const claims = (one: Pod) =>
    (one.status?.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName])
  if (JSON.stringify(claims(pod)) !== JSON.stringify(claims(old))) {
    throw forbid(attributes, `node ${quoted} cannot update resource claim statues`)
  }
}

async function checkMirrorPod(objects: Objects, attributes: AdmissionAttributes, nodeName: string): Promise<void> {
  const pod = attributes.object as Pod
  const quoted = JSON.stringify(nodeName)
  if (pod.metadata.annotations?.[mirrorAnnotation] === undefined) {
    throw forbid(
      attributes,
      `pod does not have "${mirrorAnnotation}" annotation, node ${quoted} can only create mirror pods`,
    )
  }
  const only = `node ${quoted} can only create pods with`
  if (pod.spec?.nodeName !== nodeName) throw forbid(attributes, `${only} spec.nodeName set to itself`)
  const [owner, ...others] = pod.metadata.ownerReferences ?? []
  if (others.length > 0) throw forbid(attributes, `${only} a single owner reference set to itself`)
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== nodeName) {
    throw forbid(attributes, `${only} an owner reference set to itself`)
  }
  if (!owner.controller) throw forbid(attributes, `${only} a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion)
    throw forbid(attributes, `node ${quoted} must not set blockOwnerDeletion on an owner reference`)
  const node = await objects.get(coreV1.nodes, nodeName)
  if (!node) throw notFound(coreV1.nodes, nodeName)
  if (owner.uid !== node.metadata.uid) {
    throw forbid(attributes, `node ${nodeName} UID mismatch: expected ${owner.uid} got ${node.metadata.uid}`)
  }
  refuseReferences(attributes, pod, `node ${quoted} can not create pods that reference`)
}

function refuseReferences(attributes: AdmissionAttributes, pod: Pod, why: string): void {
  const references = podReferences(pod)
  if (pod.spec?.serviceAccountName) throw forbid(attributes, `${why} a service account`)
  if (references.secrets.size > 0) throw forbid(attributes, `${why} secrets`)
  if (references.configMaps.size > 0) throw forbid(attributes, `${why} configmaps`)
  if (references.clusterTrustBundles) throw forbid(attributes, `${why} clustertrustbundles`)
  if (references.persistentVolumeClaims.size > 0) throw forbid(attributes, `${why} persistentvolumeclaims`)
}

function checkClaim(attributes: AdmissionAttributes, node: string): void {
  if (attributes.subresource !== 'status') throw forbid(attributes, 'may only update PVC status')
  const allowed = ['capacity', 'conditions', 'allocatedResourceStatuses', 'allocatedResources']
  const rest = (claim: PersistentVolumeClaim) => {
    const { resourceVersion: _, managedFields: __, ...metadata } = claim.metadata
    const status = Object.fromEntries(Object.entries(claim.status ?? {}).filter(([name]) => !allowed.includes(name)))
    return JSON.stringify(sorted([metadata, claim.spec, status]))
  }
  if (rest(attributes.object as PersistentVolumeClaim) === rest(attributes.oldObject as PersistentVolumeClaim)) return
  throw forbid(
    attributes,
    `node ${JSON.stringify(node)} is not allowed to update fields other than status.capacity and status.conditions`,
  )
}

const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

/** A kubelet asks for certificates of its own name only. */
function checkCertificateRequest(attributes: AdmissionAttributes, node: string): void {
  const { signerName = '', request = '' } = (attributes.object as CertificateSigningRequest | undefined)?.spec ?? {}
  if (attributes.operation !== 'CREATE' || !nodeSigners.includes(signerName)) return
  const subject = requestedSubject(request)
  if (!subject) throw forbid(attributes, 'unable to parse csr: PEM block type must be CERTIFICATE REQUEST')
  if (subject.commonName !== `system:node:${node}`)
    throw forbid(attributes, `can only create a node CSR with CN=system:node:${node}`)
}

function checkSlice(attributes: AdmissionAttributes, node: string): void {
  const owner = (object: unknown) => (object as ResourceSlice | undefined)?.spec?.nodeName
  const { operation, object, oldObject } = attributes
  if (operation === 'CREATE' && owner(object) !== node) {
    throw forbid(attributes, 'can only create ResourceSlice with the same NodeName as the requesting node')
  }
  if (operation === 'DELETE' && owner(oldObject) !== node) {
    throw forbid(attributes, 'can only delete ResourceSlice with the same NodeName as the requesting node')
  }
}

function requireOwnName(attributes: AdmissionAttributes, node: string, what: string): void {
  const name = attributes.operation === 'CREATE' ? attributes.object?.metadata.name : attributes.name
  if (name !== node) throw forbid(attributes, `can only access ${what} with the same name as the requesting node`)
}

function sameRecord(left: Record<string, string> = {}, right: Record<string, string> = {}): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right))
}

/** Objects with their keys in order, at every depth. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([key, field]) => [key, sorted(field)]))
}
