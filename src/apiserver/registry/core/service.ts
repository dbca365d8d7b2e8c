/**
 * Services: which fields go with which type, what an update keeps. Cluster IPs and node ports come from the allocators.
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/, KEP-563 (dual stack).
 */
import { defaultService } from '../../../api/defaults/service.ts'
import { isDns1123Label } from '../../../api/names.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { Service } from '../../../api/types/core/v1.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { withoutTrailingDash } from '../validation/object-names.ts'
import { serviceWarnings } from '../warnings/service-warnings.ts'
import { keepAllocated, normalizeClusterIps } from './service-allocation.ts'
import { type ClusterFamilies, fillFamilies } from './service-families.ts'
import { dropForExternalName, dropUnusedFields } from './service-type-change.ts'
import { validateLoadBalancerStatus, validateService, validateServiceUpdate } from './service-validation.ts'

/** `cluster`: the families that have a service range. */
export function serviceStrategy(cluster: ClusterFamilies): Strategy<Service> {
  return {
    resource: coreV1.services,
    allowCreateOnUpdate: true,
    default: defaultService,
    validateName: withoutTrailingDash(isDns1123Label),
    prepareForCreate(service) {
      service.status = { loadBalancer: {} }
      dropForExternalName(service)
      normalizeClusterIps(service, undefined)
      fillFamilies(service, undefined, cluster)
    },
    prepareForUpdate(service, old) {
      service.status = old.status ?? { loadBalancer: {} }
      normalizeClusterIps(service, old)
      dropForExternalName(service)
      dropUnusedFields(service, old)
      keepAllocated(service, old)
      fillFamilies(service, old, cluster)
    },
    validateCreate: (service) => validateService(service, cluster),
    warnings: serviceWarnings,
    validateUpdate: (service, old) => validateServiceUpdate(service, old, cluster),
    status: {
      prepareForUpdate: keepSpec,
      validateUpdate: (service, old) => validateLoadBalancerStatus('status.loadBalancer', service, old),
    },
    selectableFields: {
      'spec.clusterIP': (service) => service.spec?.clusterIP ?? '',
      'spec.type': (service) => service.spec?.type ?? '',
    },
  }
}

/** Of a cluster with IPv4 alone. */
export const services = serviceStrategy(['IPv4'])
