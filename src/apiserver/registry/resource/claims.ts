/** Claims to devices, their templates, and the classes of devices they name. Source: KEP-4381 (structured parameters). */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { resourceV1 } from '../../../api/resources.ts'
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate } from '../../../api/types/resource/v1.ts'
import { bumpGeneration, keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, messages, tooMany } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { defaultClaimSpec, validateClaimSpec, validateConfiguration, validateSelectors } from './claim-validation.ts'

const configMax = 32
const reservedForMax = 256

export const resourceClaims: Strategy<ResourceClaim> = {
  resource: resourceV1.resourceClaims,
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
    validateUpdate: ({ status }) => {
      const count = (status?.reservedFor ?? []).length
      return count > reservedForMax ? [tooMany('status.reservedFor', count, reservedForMax)] : []
    },
  },
}

export const resourceClaimTemplates: Strategy<ResourceClaimTemplate> = {
  resource: resourceV1.resourceClaimTemplates,
  default(template) {
    template.spec ??= { spec: {} }
    defaultClaimSpec(template.spec.spec)
  },
  validateCreate: (template) => validateClaimSpec('spec.spec', template.spec?.spec),
  validateUpdate(template, old) {
    const errors = validateClaimSpec('spec.spec', template.spec?.spec)
    if (semanticEqual(template.spec, old.spec)) return errors
    return [...errors, invalid('spec', goStruct('ResourceClaimTemplateSpec', template.spec), messages.immutable)]
  },
}

export const deviceClasses: Strategy<DeviceClass> = {
  resource: resourceV1.deviceClasses,
  // Declared upstream, whose generated rule counts in bytes.
  validateName: (name) => isDns1123Subdomain(name).map((rule) => rule.replace(/characters$/, 'bytes')),
  prepareForCreate(deviceClass) {
    deviceClass.metadata.generation = 1
  },
  prepareForUpdate: bumpGeneration,
  validateCreate: validateClass,
  validateUpdate: validateClass,
}

function validateClass({ spec }: DeviceClass): FieldError[] {
  const { selectors = [], config = [] } = spec ?? {}
  const errors = validateSelectors('spec.selectors', selectors)
  if (config.length > configMax) errors.push(tooMany('spec.config', config.length, configMax))
  for (const [index, entry] of config.entries()) errors.push(...validateConfiguration(`spec.config[${index}]`, entry))
  return errors
}
