/**
 * Claims with admin access reach devices that others use, so only namespaces whose label allows it may hold them.
 * Source: KEP-5018 (admin access to devices); upstream asks this in the storage of claims and templates.
 */
import { invalid } from '../../api/errors.ts'
import { coreV1, resourceV1 } from '../../api/resources.ts'
import type { DeviceRequest, ResourceClaim, ResourceClaimTemplate } from '../../api/types/resource/v1.ts'
import type { Objects } from '../objects.ts'
import { forbidden } from '../registry/validation/field.ts'
import type { AdmissionPlugin } from './plugin.ts'

const label = 'resource.kubernetes.io/admin-access'
const why = `admin access to devices requires the \`${label}: true\` label on the containing namespace`

/** Of v1 and of v1beta1, where the field stands in the request itself. */
type Request = DeviceRequest & { adminAccess?: boolean }

export function deviceAdminAccess(objects: Objects): AdmissionPlugin {
  return {
    name: 'DeviceAdminAccess',
    resources: ['resourceclaims.resource.k8s.io', 'resourceclaimtemplates.resource.k8s.io'],
    async validate({ operation, subresource, resource, object, namespace }) {
      if (operation !== 'CREATE' || subresource !== '' || !object) return
      const { devices } =
        resource.kind === resourceV1.resourceClaims.kind
          ? ((object as ResourceClaim).spec ?? {})
          : ((object as ResourceClaimTemplate).spec?.spec ?? {})
      const requests: readonly Request[] = devices?.requests ?? []
      const errors = requests.flatMap(({ exactly, adminAccess }, index) =>
        adminAccess || exactly?.adminAccess ? [forbidden(`spec.devices.requests[${index}].adminAccess`, why)] : [],
      )
      if (errors.length === 0) return
      const found = await objects.get(coreV1.namespaces, namespace)
      if (found?.metadata.labels?.[label] === 'true') return
      throw invalid(resource, object.metadata.name ?? '', errors)
    },
  }
}
