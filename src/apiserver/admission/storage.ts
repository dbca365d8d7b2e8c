/** What claims, volumes and ingresses get from the cluster's defaults, and finalizers that protect them while in use. */

import type { KubeObject } from '../../api/meta.ts'
import { compareQuantities } from '../../api/quantity.ts'
import { networkingV1, storageV1 } from '../../api/resources.ts'
import type { PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import type { Ingress } from '../../api/types/networking/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, forbid, isFor } from './plugin.ts'

const oldClassAnnotation = 'volume.beta.kubernetes.io/storage-class'
const defaultClassAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

export function defaultStorageClass(objects: Objects): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    resources: ['persistentvolumeclaims'],
    async mutate(attributes) {
      if (!isFor(attributes, 'persistentvolumeclaims', 'CREATE')) return
      const claim = attributes.object as PersistentVolumeClaim
      if (!claim.spec || claim.spec.storageClassName !== undefined) return
      if (claim.metadata.annotations?.[oldClassAnnotation] !== undefined) return
      const found = newestMarked(await objects.list(storageV1.storageClasses), defaultClassAnnotations)
      if (found) claim.spec.storageClassName = found
    },
  }
}

const protectionFinalizers: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate({ operation, resource, subresource, object }) {
    const finalizer = protectionFinalizers[resource.plural]
    if (operation !== 'CREATE' || subresource !== '' || !object || !finalizer) return
    const finalizers = object.metadata.finalizers ?? []
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer]
  },
}

export function persistentVolumeClaimResize(objects: Objects): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    resources: ['persistentvolumeclaims'],
    async validate(attributes) {
      if (!isFor(attributes, 'persistentvolumeclaims', 'UPDATE') || !grows(attributes)) return
      const old = attributes.oldObject as PersistentVolumeClaim
      if (old.status?.phase !== 'Bound') throw forbid(attributes, 'only bound persistent volume claims can be expanded')
      const name = old.metadata.annotations?.[oldClassAnnotation] ?? old.spec?.storageClassName ?? ''
      const found = name === '' ? undefined : await objects.get(storageV1.storageClasses, name)
      if (found?.allowVolumeExpansion) return
      throw forbid(
        attributes,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      )
    },
  }
}

function grows({ object, oldObject }: AdmissionAttributes): boolean {
  const size = (claim: KubeObject | undefined) =>
    (claim as PersistentVolumeClaim).spec?.resources?.requests?.storage ?? '0'
  return compareQuantities(size(object), size(oldObject)) > 0
}

export function defaultIngressClass(objects: Objects): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    resources: ['ingresses.networking.k8s.io'],
    async mutate(attributes) {
      if (!isFor(attributes, 'ingresses.networking.k8s.io', 'CREATE')) return
      const ingress = attributes.object as Ingress
      if (ingress.spec?.ingressClassName !== undefined) return
      if (ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
      const marker = 'ingressclass.kubernetes.io/is-default-class'
      const found = newestMarked(await objects.list(networkingV1.ingressClasses), [marker])
      if (found) ingress.spec = { ...ingress.spec, ingressClassName: found }
    },
  }
}

/** The newest object marked as default; among equally old ones the first by name. */
function newestMarked(objects: readonly KubeObject[], annotations: readonly string[]): string | undefined {
  const marked = objects.filter(({ metadata }) => annotations.some((name) => metadata.annotations?.[name] === 'true'))
  const age = ({ metadata }: KubeObject) => Date.parse(metadata.creationTimestamp ?? '') || 0
  const byName = (left: KubeObject, right: KubeObject) =>
    (left.metadata.name ?? '') < (right.metadata.name ?? '') ? -1 : 1
  const [first] = marked.sort((left, right) => age(right) - age(left) || byName(left, right))
  return first?.metadata.name
}
