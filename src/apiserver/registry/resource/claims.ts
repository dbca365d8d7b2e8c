/** Claims to devices, their templates, and the classes of devices they name. Source: KEP-4381 (structured parameters). */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { resourceV1 } from '../../../api/resources.ts'
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate } from '../../../api/types/resource/v1.ts'
import { bumpGeneration, keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, messages } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { isExtendedResource } from '../validation/resources.ts'
import { validateTemplateMetadata } from '../validation/template-metadata.ts'
import { validateClaimStatus } from './claim-status.ts'
import { defaultClaimSpec, validateClaimSpec, validateSelectors } from './claim-validation.ts'
import { validateConfiguration, validateList } from './device-values.ts'

const configMax = 32

export const resourceClaims: Strategy<ResourceClaim> = {
  resource: resourceV1.resourceClaims,
  metadataOnUpdate: ['whole', 'changes'],
  default: (claim) => defaultClaimSpec(claim.spec),
  prepareForCreate(claim) {
    claim.status = {}
  },
  prepareForUpdate(claim, old) {
    claim.status = old.status ?? {}
  },
  validateCreate: (claim) => validateClaimSpec('spec', claim.spec),
  validateUpdate(claim, old) {
    if (semanticEqual(claim.spec, old.spec)) return []
    return [invalid('spec', goStruct('ResourceClaimSpec', claim.spec), messages.immutable)]
  },
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: validateClaimStatus,
  },
}

export const resourceClaimTemplates: Strategy<ResourceClaimTemplate> = {
  resource: resourceV1.resourceClaimTemplates,
  metadataOnUpdate: ['whole', 'changes'],
  default(template) {
    template.spec ??= { spec: {} }
    template.spec.metadata ??= {}
    defaultClaimSpec(template.spec.spec)
  },
  validateCreate: validateTemplate,
  validateUpdate(template, old) {
    const errors = validateTemplate(template)
    if (semanticEqual(template.spec, old.spec)) return errors
    return [...errors, invalid('spec', goStruct('ResourceClaimTemplateSpec', template.spec), messages.immutable)]
  },
}

function validateTemplate({ spec }: ResourceClaimTemplate): FieldError[] {
  return [...validateTemplateMetadata('spec.metadata', spec?.metadata), ...validateClaimSpec('spec.spec', spec?.spec)]
}

export const deviceClasses: Strategy<DeviceClass> = {
  resource: resourceV1.deviceClasses,
  metadataOnUpdate: ['whole', 'changes'],
  // Declared upstream, whose generated rule counts in bytes.
  validateName: (name, prefix) =>
    prefix ? [] : isDns1123Subdomain(name).map((rule) => rule.replace(/characters$/, 'bytes')),
  prepareForCreate(deviceClass) {
    deviceClass.metadata.generation = 1
  },
  prepareForUpdate: bumpGeneration,
  validateCreate: validateClass,
  validateUpdate: validateClass,
}

function validateClass({ spec }: DeviceClass): FieldError[] {
  const { selectors = [], config = [], extendedResourceName: name } = spec ?? {}
  const errors = [
    ...validateSelectors('spec.selectors', selectors),
    ...validateList('spec.config', config, { max: configMax, each: validateConfiguration }),
  ]
  if (name === undefined || isExtendedResource(name)) return errors
  return [...errors, invalid('spec.extendedResourceName', name, 'must be a valid extended resource name')]
}
