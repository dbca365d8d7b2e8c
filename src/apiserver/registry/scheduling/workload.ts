/** Workloads and the groups of pods that are made from them. Source: KEP-4671, KEP-5832. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain, isPathSegmentName, isQualifiedName } from '../../../api/names.ts'
import { schedulingV1alpha2 } from '../../../api/resources.ts'
import type {
  PodGroup,
  PodGroupResourceClaim,
  PodGroupSpec,
  PodGroupTemplate,
  TypedLocalObjectReference,
  Workload,
} from '../../../api/types/scheduling/v1alpha2.ts'
import { keepSpec, keepStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { duplicate, invalid, invalidEach, messages, optionalOneOf, required, tooMany } from '../validation/field.ts'

const listMax = { templates: 8, claims: 4, topology: 1 }

export const workloads: Strategy<Workload> = {
  resource: schedulingV1alpha2.workloads,
  prepareForCreate(workload) {
    workload.metadata.generation = 1
  },
  prepareForUpdate(workload, old) {
    const before = old.metadata.generation ?? 1
    workload.metadata.generation = semanticEqual(workload.spec, old.spec) ? before : before + 1
  },
  validateCreate: validateWorkload,
  validateUpdate(workload, old) {
    const errors = validateWorkload(workload)
    const [after, before] = [workload.spec?.controllerRef, old.spec?.controllerRef]
    if (before && !semanticEqual(after, before)) {
      errors.push(invalid('spec.controllerRef', after ?? null, messages.immutable))
    }
    if (semanticEqual(workload.spec?.podGroupTemplates, old.spec?.podGroupTemplates)) return errors
    return [...errors, invalid('spec.podGroupTemplates', workload.spec?.podGroupTemplates ?? null, messages.immutable)]
  },
}

export const podGroups: Strategy<PodGroup> = {
  resource: schedulingV1alpha2.podGroups,
  prepareForCreate: startWithoutStatus,
  prepareForUpdate: keepStatus,
  validateCreate: ({ spec }) => validateGroup('spec', spec ?? {}),
  validateUpdate({ spec }, old) {
    const errors = validateGroup('spec', spec ?? {})
    return semanticEqual(spec, old.spec) ? errors : [...errors, invalid('spec', spec ?? null, messages.immutable)]
  },
  status: { prepareForUpdate: keepSpec },
}

function validateWorkload({ spec }: Workload): FieldError[] {
  const { controllerRef, podGroupTemplates: templates = [] } = spec ?? {}
  const path = 'spec.podGroupTemplates'
  const errors = controllerRef ? validateReference('spec.controllerRef', controllerRef) : []
  if (templates.length === 0) errors.push(required(path))
  if (templates.length > listMax.templates) errors.push(tooMany(path, templates.length, listMax.templates))
  const names = new Set<string>()
  for (const [index, template] of templates.entries()) {
    const at = `${path}[${index}]`
    const { name = '' } = template
    if (name === '') errors.push(required(`${at}.name`))
    else errors.push(...invalidEach(`${at}.name`, name, isDns1123Label(name)))
    if (names.has(name)) errors.push(duplicate(at, { name }))
    names.add(name)
    errors.push(...validateGroup(at, template))
  }
  return errors
}

function validateReference(path: string, reference: Partial<TypedLocalObjectReference>): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = reference
  const errors = apiGroup === '' ? [] : invalidEach(`${path}.apiGroup`, apiGroup, isDns1123Subdomain(apiGroup))
  for (const [field, value] of Object.entries({ kind, name })) {
    if (value === '') errors.push(required(`${path}.${field}`))
    else errors.push(...invalidEach(`${path}.${field}`, value, isPathSegmentName(value)))
  }
  return errors
}

/** What a group and a group's template have in common. */
function validateGroup(path: string, group: Partial<PodGroupSpec & PodGroupTemplate>): FieldError[] {
  const { basic, gang } = group.schedulingPolicy ?? {}
  const at = `${path}.schedulingPolicy`
  const errors: FieldError[] = []
  if ((basic === undefined) === (gang === undefined)) {
    const why = 'must specify exactly one of: `basic`, `gang`'
    errors.push(invalid(at, basic === undefined ? '' : '{basic, gang}', why))
  }
  if (gang && !((gang.minCount ?? 0) > 0)) {
    errors.push(invalid(`${at}.gang.minCount`, gang.minCount ?? 0, 'must be greater than or equal to 1'))
  }
  errors.push(...optionalOneOf(`${path}.disruptionMode`, group.disruptionMode, ['Pod', 'PodGroup']))
  const { priorityClassName = '' } = group
  if (priorityClassName !== '') {
    errors.push(...invalidEach(`${path}.priorityClassName`, priorityClassName, isDns1123Subdomain(priorityClassName)))
  }
  const workload = group.podGroupTemplateRef?.workload
  if (workload) {
    for (const field of ['workloadName', 'podGroupTemplateName'] as const) {
      if (!workload[field]) errors.push(required(`${path}.podGroupTemplateRef.workload.${field}`))
    }
  }
  return [...errors, ...validateTopology(path, group), ...validateClaims(path, group.resourceClaims ?? [])]
}

function validateTopology(path: string, group: Partial<PodGroupSpec>): FieldError[] {
  const topology = group.schedulingConstraints?.topology ?? []
  const at = `${path}.schedulingConstraints.topology`
  const errors = topology.length > listMax.topology ? [tooMany(at, topology.length, listMax.topology)] : []
  for (const [index, { key = '' }] of topology.entries()) {
    if (key === '') errors.push(required(`${at}[${index}].key`))
    else errors.push(...invalidEach(`${at}[${index}].key`, key, isQualifiedName(key)))
  }
  return errors
}

function validateClaims(path: string, claims: readonly PodGroupResourceClaim[]): FieldError[] {
  const at = `${path}.resourceClaims`
  const errors = claims.length > listMax.claims ? [tooMany(at, claims.length, listMax.claims)] : []
  const names = new Set<string>()
  for (const [index, claim] of claims.entries()) {
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim
    if (name === '') errors.push(required(`${at}[${index}].name`))
    else errors.push(...invalidEach(`${at}[${index}].name`, name, isDns1123Label(name)))
    if (names.has(name)) errors.push(duplicate(`${at}[${index}]`, { name }))
    names.add(name)
    if ((resourceClaimName === undefined) === (resourceClaimTemplateName === undefined)) {
      const why = 'must specify exactly one of: `resourceClaimName`, `resourceClaimTemplateName`'
      errors.push(invalid(`${at}[${index}]`, '', why))
    }
  }
  return errors
}
