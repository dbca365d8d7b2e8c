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
import { fillFamilies, keepAllocated, normalizeClusterIps } from './service-allocation.ts'
import { dropUnusedFields } from './service-type-change.ts'
import { validateLoadBalancerStatus, validateService, validateServiceUpdate } from './service-validation.ts'

export const services: Strategy<Service> = {
  resource: coreV1.services,
  default: defaultService,
  validateName: withoutTrailingDash(isDns1123Label),
  prepareForCreate(service) {
    service.status = { loadBalancer: {} }
    normalizeClusterIps(service, undefined)
    fillFamilies(service)
  },
  prepareForUpdate(service, old) {
    service.status = old.status ?? { loadBalancer: {} }
    normalizeClusterIps(service, old)
    dropUnusedFields(service, old)
    keepAllocated(service, old)
    fillFamilies(service)
  },
  validateCreate: validateService,
  validateUpdate: validateServiceUpdate,
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: (service) => validateLoadBalancerStatus('status.loadBalancer', service.status?.loadBalancer),
  },
  selectableFields: {
    'spec.clusterIP': (service) => service.spec?.clusterIP ?? '',
    'spec.type': (service) => service.spec?.type ?? '',
  },
}
