/** Ingresses and their classes. Source: https://kubernetes.io/docs/concepts/services-networking/ingress/. */
import { defaultIngressClass } from '../../../api/defaults/networking.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label } from '../../../api/names.ts'
import { networkingV1 } from '../../../api/resources.ts'
import type { Ingress, IngressClass } from '../../../api/types/networking/v1.ts'
import { bumpGeneration, keepSpec, keepStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { isDomainPrefixedPath } from '../validation/domain-path.ts'
import {
  byteLength,
  forbidden,
  invalid,
  invalidEach,
  messages,
  notSupported,
  required,
  tooLong,
} from '../validation/field.ts'
import { ingressWarnings } from '../warnings/service-warnings.ts'
import { validateIngress, validateIngressStatus, validateTypedReference } from './ingress-validation.ts'

const controllerBytesMax = 250

export const ingresses: Strategy<Ingress> = {
  resource: networkingV1.ingresses,
  metadataOnUpdate: ['changes', 'whole'],
  prepareForCreate(ingress) {
    ingress.metadata.generation = 1
    ingress.status = { loadBalancer: {} }
  },
  prepareForUpdate: keepStatus,
  validateCreate: (ingress) => [...validateClassAnnotation(ingress), ...validateIngress(ingress)],
  warnings: ingressWarnings,
  validateUpdate: validateIngress,
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: ({ status }, old) => validateIngressStatus('status.loadBalancer', status, old.status),
  },
}

const classAnnotation = 'kubernetes.io/ingress.class'

function validateClassAnnotation(ingress: Ingress): FieldError[] {
  const annotation = ingress.metadata.annotations?.[classAnnotation]
  if (annotation === undefined || ingress.spec?.ingressClassName === undefined) return []
  if (annotation === ingress.spec.ingressClassName) return []
  const why = 'must match `ingressClassName` when both are specified'
  return [invalid(`metadata.annotations.${classAnnotation}`, annotation, why)]
}

export const ingressClasses: Strategy<IngressClass> = {
  resource: networkingV1.ingressClasses,
  metadataOnUpdate: ['changes', 'whole'],
  default: defaultIngressClass,
  prepareForCreate(ingressClass) {
    ingressClass.metadata.generation = 1
  },
  prepareForUpdate: bumpGeneration,
  validateCreate: validateClass,
  validateUpdate(ingressClass, old) {
    const controller = ingressClass.spec?.controller ?? ''
    const errors =
      controller === (old.spec?.controller ?? '') ? [] : [invalid('spec.controller', controller, messages.immutable)]
    return [...errors, ...validateClass(ingressClass)]
  },
}

function validateClass(ingressClass: IngressClass): FieldError[] {
  const controller = ingressClass.spec?.controller ?? ''
  const errors: FieldError[] = []
  if (byteLength(controller) > controllerBytesMax) errors.push(tooLong('spec.controller', controllerBytesMax))
  errors.push(...isDomainPrefixedPath('spec.controller', controller))
  return [...errors, ...validateParameters(ingressClass)]
}

function validateParameters(ingressClass: IngressClass): FieldError[] {
  const parameters = ingressClass.spec?.parameters
  if (!parameters) return []
  const path = 'spec.parameters'
  const { scope, namespace } = parameters
  const errors = validateTypedReference(path, parameters)
  if (scope === undefined) errors.push(required(`${path}.scope`))
  else if (scope !== 'Cluster' && scope !== 'Namespace')
    errors.push(notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace']))
  if (scope === 'Namespace') {
    if (!namespace) errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"))
    else errors.push(...invalidEach(`${path}.namespace`, namespace, isDns1123Label(namespace)))
  }
  if (scope === 'Cluster' && namespace !== undefined) {
    errors.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  }
  return errors
}
