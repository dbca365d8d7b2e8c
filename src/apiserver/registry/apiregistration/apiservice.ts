/**
 * Which server answers for a group version. One without a service is answered by this server and always available.
 * Source: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName, isPortNumber } from '../../../api/names.ts'
import { apiregistrationV1 } from '../../../api/resources.ts'
import type { APIService, APIServiceCondition, APIServiceSpec } from '../../../api/types/apiregistration/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { invalid, invalidEach, notSupported, required } from '../validation/field.ts'

const priorityMax = { group: 20_000, version: 1_000 }
const defaultPort = 443
const conditionStatuses = ['True', 'False', 'Unknown']

export const apiServices: Strategy<APIService> = {
  resource: apiregistrationV1.apiServices,
  anyFinalizers: true,
  allowUnconditionalUpdate: false,
  validateName: isPathSegmentName,
  default({ spec }) {
    if (spec?.service) spec.service.port ??= defaultPort
  },
  prepareForCreate(apiService, { nowMs }) {
    apiService.status = apiService.spec?.service ? {} : { conditions: [localCondition(nowMs)] }
  },
  prepareForUpdate(apiService, old) {
    apiService.status = old.status ?? {}
  },
  validateCreate: validateApiService,
  validateUpdate: (apiService, _old, context) => validateApiService(apiService, context),
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: ({ status }) =>
      (status?.conditions ?? []).flatMap((condition, index) =>
        conditionStatuses.includes(condition.status)
          ? []
          : [notSupported(`status.conditions[${index}].status`, condition.status, conditionStatuses)],
      ),
  },
}

export function localCondition(nowMs: number): APIServiceCondition {
  return {
    type: 'Available',
    status: 'True',
    lastTransitionTime: rfc3339(nowMs),
    reason: 'Local',
    message: 'Local APIServices are always available',
  }
}

function validateApiService({ metadata, spec }: APIService, { found = [] }: ValidationContext = {}): FieldError[] {
  const {
    group = '',
    version = '',
    groupPriorityMinimum = 0,
    versionPriority = 0,
  }: Partial<APIServiceSpec> = spec ?? {}
  const errors: FieldError[] = []
  const wanted = `${version}.${group}`
  for (const field of ['generateName', 'name'] as const) {
    const name = metadata[field]
    if (!name || name === wanted || found.some(({ path }) => path === `metadata.${field}`)) continue
    errors.push(
      invalid(`metadata.${field}`, name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`),
    )
  }
  if (group !== '') errors.push(...invalidEach('spec.group', group, isDns1123Subdomain(group)))
  else if (version !== 'v1') {
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'))
  }
  errors.push(...invalidEach('spec.version', version, isDns1035Label(version)))
  errors.push(...validatePriority('spec.groupPriorityMinimum', groupPriorityMinimum, priorityMax.group))
  errors.push(...validatePriority('spec.versionPriority', versionPriority, priorityMax.version))
  return [...errors, ...validateServer(spec ?? {})]
}

function validatePriority(path: string, value: number, max: number): FieldError[] {
  return value > 0 && value <= max ? [] : [invalid(path, value, `must be positive and less than ${max}`)]
}

function validateServer({ service, caBundle, insecureSkipTLSVerify }: Partial<APIServiceSpec>): FieldError[] {
  const errors: FieldError[] = []
  if (!service) {
    if (caBundle) {
      const shown = `${Buffer.from(caBundle, 'base64').length} bytes`
      errors.push(invalid('spec.caBundle', shown, 'local APIServices may not have a caBundle'))
    }
    if (insecureSkipTLSVerify) {
      const why = 'local APIServices may not have insecureSkipTLSVerify'
      errors.push(invalid('spec.insecureSkipTLSVerify', true, why))
    }
    return errors
  }
  if (!service.namespace) errors.push(required('spec.service.namespace'))
  if (!service.name) errors.push(required('spec.service.name'))
  const port = service.port ?? defaultPort
  for (const wrong of isPortNumber(port)) {
    errors.push(invalid('spec.service.port', port, `port is not valid: ${wrong}`))
  }
  if (insecureSkipTLSVerify && caBundle) {
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'))
  }
  return errors
}
