/**
 * What a definition's status must become: which of its names are free, whether it is served, what is wrong with it.
 * Pure: the definition and the names that others in its group hold go in, the new status comes out.
 *
 * Source: apiextensions-apiserver's naming, establishing, non-structural-schema and API approval controllers.
 */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../../../api/types/apiextensions/v1.ts'
import { approvalCondition } from './approval.ts'
import { isTrue, type NewCondition, withCondition } from './conditions.ts'
import { isCaBundle } from './conversion-rules.ts'

/** Names that others have got. */
export interface Taken {
  resources: ReadonlySet<string>
  kinds: ReadonlySet<string>
}

/** The same status when nothing changes. */
export function plannedStatus(
  definition: CustomResourceDefinition,
  taken: Taken,
  nowMs: number,
): CustomResourceDefinitionStatus {
  const status = definition.status ?? {}
  const { names, condition } = acceptNames(definition, taken)
  let conditions: readonly CustomResourceDefinitionCondition[] = status.conditions ?? []
  for (const next of [condition, establishedCondition(definition, condition), ...approvalCondition(definition)])
    conditions = withCondition(conditions, next, nowMs)
  const same = conditions === status.conditions && sameNames(names, status.acceptedNames)
  return same ? status : { ...status, conditions: [...conditions], acceptedNames: names }
}

interface Accepted {
  names: CustomResourceDefinitionNames
  condition: NewCondition
}

const noNames: CustomResourceDefinitionNames = { plural: '', kind: '' }

/** A name that is not free keeps what was accepted before; the last one that is not says why. */
function acceptNames({ spec, status }: CustomResourceDefinition, { resources, kinds }: Taken): Accepted {
  const wanted = spec.names
  const names = { ...noNames, ...status?.acceptedNames }
  let condition: NewCondition = accepted
  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>): void => {
    const name = wanted[field] ?? ''
    if (name !== (names[field] ?? '') && used.has(name)) condition = refused(field, [name])
    else if (name === '') delete names[field]
    else names[field] = name
  }
  claim('plural', resources)
  claim('singular', resources)
  const before = new Set(names.shortNames)
  const lost = (wanted.shortNames ?? []).filter((name) => !before.has(name) && resources.has(name))
  if (lost.length > 0) condition = refused('shortNames', lost)
  else if (wanted.shortNames) names.shortNames = wanted.shortNames
  else delete names.shortNames
  claim('kind', kinds)
  claim('listKind', kinds)
  if (wanted.categories) names.categories = wanted.categories
  else delete names.categories
  return { names, condition }
}

const accepted: NewCondition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
}

function refused(field: string, names: readonly string[]): NewCondition {
  const reason = `${field.charAt(0).toUpperCase()}${field.slice(1)}Conflict`
  const texts = names.map((name) => `${JSON.stringify(name)} is already in use`)
  const message = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`
  return { type: 'NamesAccepted', status: 'False', reason, message }
}

const badBundle: NewCondition = {
  type: 'Established',
  status: 'False',
  reason: 'InvalidCABundle',
  message: 'The conversion webhook CABundle is invalid',
}

/** Once served, always served: clients hold on to it. */
function establishedCondition(definition: CustomResourceDefinition, names: NewCondition): NewCondition {
  const message = 'the initial names have been accepted'
  const bundle = definition.spec.conversion?.webhook?.clientConfig?.caBundle
  if (!isTrue(definition, 'Established') && names.status === 'True' && bundle && !isCaBundle(bundle)) return badBundle
  if (isTrue(definition, 'Established') || names.status === 'True')
    return { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message }
  return { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}

function sameNames(names: CustomResourceDefinitionNames, before: CustomResourceDefinitionNames | undefined): boolean {
  return before !== undefined && nameKeys.every((key) => String(names[key] ?? '') === String(before[key] ?? ''))
}

const nameKeys = ['plural', 'singular', 'kind', 'listKind', 'shortNames', 'categories'] as const
