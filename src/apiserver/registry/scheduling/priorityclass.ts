/** Priority classes. Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/. */
import { type FieldError, forbidden as refused } from '../../../api/errors.ts'
import { schedulingV1 } from '../../../api/resources.ts'
import { systemPriorities } from '../../../api/system-priorities.ts'
import type { PriorityClass } from '../../../api/types/scheduling/v1.ts'
import { preemptionPolicies, requiredInOrder } from '../core/pod-validation/spec.ts'
import type { Strategy } from '../strategy.ts'
import { forbidden, invalid, messages } from '../validation/field.ts'

/** The highest that users may give. */
export const userPriorityMax = 1_000_000_000
const systemPrefix = 'system-'

export const priorityClasses: Strategy<PriorityClass> = {
  resource: schedulingV1.priorityClasses,
  default(priorityClass) {
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  prepareForCreate(priorityClass) {
    priorityClass.metadata.generation = 1
  },
  prepareForUpdate(priorityClass, old) {
    const generation = old.metadata.generation
    if (generation !== undefined) priorityClass.metadata.generation = generation
  },
  prepareForDelete({ metadata }) {
    const { name = '' } = metadata
    if (systemPriorities.has(name))
      throw refused(schedulingV1.priorityClasses, name, 'this is a system priority class and cannot be deleted')
  },
  validateCreate: validateClass,
  validateUpdate(priorityClass, old) {
    const errors: FieldError[] = []
    if ((priorityClass.value ?? 0) !== (old.value ?? 0)) {
      errors.push(forbidden('value', 'may not be changed in an update.'))
    }
    if (priorityClass.preemptionPolicy === old.preemptionPolicy) return errors
    return [...errors, invalid('preemptionPolicy', priorityClass.preemptionPolicy ?? null, messages.immutable)]
  },
}

function validateClass(priorityClass: PriorityClass): FieldError[] {
  const { metadata, value = 0, preemptionPolicy } = priorityClass
  const name = metadata.name ?? ''
  const errors: FieldError[] = []
  if (name.startsWith(systemPrefix)) {
    const problem = systemProblem(priorityClass)
    if (problem)
      errors.push(
        forbidden(
          'metadata.name',
          `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`,
        ),
      )
  } else if (value > userPriorityMax) {
    const most = `maximum allowed value of a user defined priority is ${userPriorityMax}`
    errors.push(forbidden('value', most))
  }
  if (preemptionPolicy !== undefined)
    errors.push(...requiredInOrder('preemptionPolicy', preemptionPolicy, preemptionPolicies))
  return errors
}

function systemProblem({ metadata, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const name = metadata.name ?? ''
  const known = systemPriorities.get(name)
  if (known === undefined) return `${name} is not a known system priority class`
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
