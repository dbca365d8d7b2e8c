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
import { dropStatus, keepSpec, restoreStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { duplicate, invalid, invalidEach, messages, optionalOneOf, required, tooMany } from '../validation/field.ts'

const listMax = { templates: 8, claims: 4, topology: 1 }

export const workloads: Strategy<Workload> = {
  resource: schedulingV1alpha2.workloads,
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
  prepareForCreate: dropStatus,
  prepareForUpdate: restoreStatus,
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
  errors.push(...validateUnique(path, templates, shownTemplate))
  for (const [index, template] of templates.entries()) {
    const at = `${path}[${index}]`
    const { name = '' } = template
    if (name === '') errors.push(required(`${at}.name`))
    else errors.push(...invalidEach(`${at}.name`, name, isLabel(name)))
    errors.push(...validateGroup(at, template))
  }
  return errors
}

function validateUnique<T extends { name?: string }>(
  path: string,
  items: readonly T[],
  show: (item: T) => object,
): FieldError[] {
  const names = new Set<string>()
  return items.flatMap((item, index) => {
    const { name = '' } = item
    if (names.has(name)) return [duplicate(`${path}[${index}]`, show(item))]
    names.add(name)
    return []
  })
}

/** With what upstream always writes. */
function shownTemplate({ name, schedulingPolicy = {}, schedulingConstraints = null, ...more }: Shown): object {
  return { name, schedulingPolicy, schedulingConstraints, ...more }
}

type Shown = Omit<Partial<PodGroupTemplate>, 'schedulingConstraints'> & { schedulingConstraints?: object | null }

/** Upstream's declared rules count in bytes. */
function isSubdomain(name: string): string[] {
  return isDns1123Subdomain(name).map((rule) => rule.replace(/characters$/, 'bytes'))
}

function isLabel(name: string): string[] {
  return isDns1123Label(name).map((rule) => rule.replace(/characters$/, 'bytes'))
}

function validateReference(path: string, reference: Partial<TypedLocalObjectReference>): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = reference
  const errors = apiGroup === '' ? [] : invalidEach(`${path}.apiGroup`, apiGroup, isSubdomain(apiGroup))
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
    const [shown, count] = basic === undefined ? ['', 'one'] : ['{basic, gang}', 'exactly one']
    errors.push(invalid(at, shown, `must specify ${count} of: \`basic\`, \`gang\``))
  }
  const { minCount } = gang ?? {}
  if (gang && !minCount) errors.push(required(`${at}.gang.minCount`))
  else if (minCount !== undefined && minCount < 1) {
    errors.push(invalid(`${at}.gang.minCount`, minCount, 'must be greater than or equal to 1'))
  }
  errors.push(...optionalOneOf(`${path}.disruptionMode`, group.disruptionMode, ['Pod', 'PodGroup']))
  const { priorityClassName = '' } = group
  if (priorityClassName !== '') {
    errors.push(...invalidEach(`${path}.priorityClassName`, priorityClassName, isSubdomain(priorityClassName)))
  }
  const workload = group.podGroupTemplateRef?.workload
  if (group.podGroupTemplateRef && !workload) {
    errors.push(invalid(`${path}.podGroupTemplateRef`, '', 'must specify one of: `workload`'))
  }
  if (workload) {
    const rules = { workloadName: isSubdomain, podGroupTemplateName: isLabel }
    for (const field of ['workloadName', 'podGroupTemplateName'] as const) {
      const at = `${path}.podGroupTemplateRef.workload.${field}`
      if (!workload[field]) errors.push(required(at))
      else errors.push(...invalidEach(at, workload[field], rules[field](workload[field])))
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
  errors.push(...validateUnique(at, claims, ({ name }) => ({ name })))
  for (const [index, claim] of claims.entries()) {
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim
    if ((resourceClaimName === undefined) === (resourceClaimTemplateName === undefined)) {
      const both = resourceClaimName !== undefined
      const [shown, count] = both ? ['{resourceClaimName, resourceClaimTemplateName}', 'exactly one'] : ['', 'one']
      const why = `must specify ${count} of: \`resourceClaimName\`, \`resourceClaimTemplateName\``
      errors.push(invalid(`${at}[${index}]`, shown, why))
    }
    if (name === '') errors.push(required(`${at}[${index}].name`))
    else errors.push(...invalidEach(`${at}[${index}].name`, name, isLabel(name)))
    for (const [field, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName }))
      if (value !== undefined) errors.push(...invalidEach(`${at}[${index}].${field}`, value, isSubdomain(value)))
  }
  return errors
}
