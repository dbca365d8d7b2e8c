/** Stateful sets. Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/. */
import { defaultStatefulSet } from '../../../api/defaults/apps.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label } from '../../../api/names.ts'
import { appsV1 } from '../../../api/resources.ts'
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../../../api/types/apps/v1.ts'
import type { PodTemplateSpec, Volume } from '../../../api/types/core/v1.ts'
import { podAllowances } from '../core/pod-validation/allowances.ts'
import { validateClaimSpec } from '../core/pod-validation/claim-spec.ts'
import { keepSpec, keepStatus } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, invalidEach, nonNegative, notSupported, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { withoutTrailingDash } from '../validation/object-names.ts'
import { templateWarnings } from '../warnings/pod-warnings.ts'
import { validateCollisions } from './replica-status.ts'
import { type TemplateOwner, validateCountOrPercent, validateSelectorAndTemplate } from './selector-template.ts'

const owner: TemplateOwner = { noun: 'statefulset', kind: 'StatefulSet', unreadable: '' }
const mayChange = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const
const changeForbidden =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

export const statefulSets: Strategy<StatefulSet> = {
  resource: appsV1.statefulSets,
  default: defaultStatefulSet,
  validateName: withoutTrailingDash(isDns1123Label),
  prepareForCreate(set) {
    set.metadata.generation = 1
    set.status = { replicas: 0, availableReplicas: 0 }
  },
  prepareForUpdate: keepStatus,
  validateCreate: (set, context) => [...validateSet(set, context), ...validateClaims(set), ...validateServiceName(set)],
  warnings: (object, old) => [
    ...templateWarnings('spec.template', object.spec?.template, { object, old }),
    ...revisionWarnings(object),
  ],
  validateUpdate(set, old, context) {
    const errors = validateSet(set, context, old)
    return semanticEqual(fixedPart(set), fixedPart(old)) ? errors : [...errors, forbidden('spec', changeForbidden)]
  },
  status: { prepareForUpdate: keepSpec, validateUpdate: validateStatus },
}

function validateServiceName({ spec }: StatefulSet): FieldError[] {
  const name = spec?.serviceName ?? ''
  return name === '' ? [] : invalidEach('spec.serviceName', name, isDns1123Label(name))
}

/** Claims lose their type in the comparison: nobody needs to say it. */
function fixedPart(set: StatefulSet): object {
  const spec: Partial<StatefulSetSpec> = { ...set.spec }
  for (const field of mayChange) delete spec[field]
  const claims = (spec.volumeClaimTemplates ?? []).map((claim) => ({
    ...claim,
    kind: '',
    apiVersion: '',
  }))
  return { ...spec, volumeClaimTemplates: claims }
}

function validateSet(set: StatefulSet, context?: ValidationContext, old?: StatefulSet): FieldError[] {
  const allowed = podAllowances(context, old?.spec?.template?.spec)
  const spec: Partial<StatefulSetSpec> = set.spec ?? {}
  const policy = spec.podManagementPolicy ?? ''
  const errors: FieldError[] = []
  if (policy === '') errors.push(required('spec.podManagementPolicy'))
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"))
  }
  return [
    ...errors,
    ...validateUpdateStrategy('spec.updateStrategy', spec.updateStrategy ?? {}),
    ...validateRetention(spec),
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    ...validateSelectorAndTemplate('spec', { selector: spec.selector, template: podTemplate(spec) }, owner, allowed),
  ]
}

function revisionWarnings({ spec }: StatefulSet): string[] {
  if ((spec?.revisionHistoryLimit ?? 0) >= 0) return []
  return ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
}

/**
 * As pods are made of it: named by the controller, whatever it says, and with a volume of each claim's name ahead of
 * their own of that name.
 */
function podTemplate(spec: Partial<StatefulSetSpec>): PodTemplateSpec | undefined {
  if (!spec.template) return undefined
  const claims = spec.volumeClaimTemplates ?? []
  const { hostname: _, subdomain: __, ...pod } = spec.template.spec ?? { containers: [] }
  if (claims.length === 0) return { ...spec.template, spec: pod }
  const names = new Set(claims.map(({ metadata }) => metadata?.name ?? ''))
  const volumes: Volume[] = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const own = (pod.volumes ?? []).filter(({ name }) => !names.has(name))
  return { ...spec.template, spec: { ...pod, volumes: [...volumes, ...own] } }
}

function validateClaims(set: StatefulSet): FieldError[] {
  return (set.spec?.volumeClaimTemplates ?? []).flatMap((claim, index) =>
    validateClaimSpec(`spec.volumeClaimTemplates[${index}].spec`, claim.spec ?? {}),
  )
}

function validateUpdateStrategy(path: string, strategy: StatefulSetUpdateStrategy): FieldError[] {
  const rolling = strategy.rollingUpdate
  const at = `${path}.rollingUpdate`
  if (!strategy.type) return [required(path)]
  if (strategy.type === 'OnDelete') {
    return rolling
      ? [invalid(at, goStruct('RollingUpdateStatefulSet', rolling), "only allowed for updateStrategy 'RollingUpdate'")]
      : []
  }
  if (strategy.type !== 'RollingUpdate') {
    return [invalid(path, goStruct('StatefulSetUpdateStrategy', strategy), "must be 'RollingUpdate' or 'OnDelete'")]
  }
  return [
    ...nonNegative(`${at}.partition`, rolling?.partition),
    ...validateCountOrPercent(`${at}.maxUnavailable`, rolling?.maxUnavailable),
  ]
}

function validateRetention(spec: Partial<StatefulSetSpec>): FieldError[] {
  const path = 'spec.persistentVolumeClaimRetentionPolicy'
  const supported = ['Retain', 'Delete']
  return (['whenDeleted', 'whenScaled'] as const).flatMap((field) => {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[field]
    return value === undefined || supported.includes(value) ? [] : [notSupported(`${path}.${field}`, value, supported)]
  })
}

const counts = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const

function validateStatus(set: StatefulSet, old: StatefulSet): FieldError[] {
  const count = (field: (typeof counts)[number]) => set.status?.[field] ?? 0
  const errors = counts.flatMap((field) => nonNegative(`status.${field}`, count(field)))
  for (const field of ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const) {
    if (count(field) <= count('replicas')) continue
    errors.push(invalid(`status.${field}`, count(field), 'cannot be greater than status.replicas'))
  }
  if (count('availableReplicas') > count('readyReplicas')) {
    errors.push(
      invalid('status.availableReplicas', count('availableReplicas'), 'cannot be greater than status.readyReplicas'),
    )
  }
  return [...errors, ...validateCollisions('status', set.status?.collisionCount, old.status?.collisionCount)]
}
