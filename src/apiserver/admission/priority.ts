/** Resolves a pod's priority class to its number (https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/). */
import { schedulingV1 } from '../../api/resources.ts'
import type { Pod, PodSpec } from '../../api/types/core/v1.ts'
import type { PriorityClass } from '../../api/types/scheduling/v1.ts'
import type { PodGroup } from '../../api/types/scheduling/v1alpha2.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { defaultGates, type Gates } from '../scheme/feature-gates.ts'
import { type AdmissionPlugin, forbid, isFor } from './plugin.ts'
import { podGroupsName } from './pod-groups.ts'

export function priority(objects: Objects, gates: Gates = defaultGates): AdmissionPlugin {
  const groupsHave = gates.get('WorkloadAwarePreemption') === true
  return {
    name: 'Priority',
    resources: ['pods', podGroupsName, 'priorityclasses.scheduling.k8s.io'],
    async mutate(attributes) {
      if (groupsHave && isFor(attributes, podGroupsName, 'CREATE')) await setGroupPriority(objects, attributes)
      if (isFor(attributes, 'pods', 'CREATE')) await setPriority(objects, attributes, (attributes.object as Pod).spec!)
      if (isFor(attributes, 'pods', 'UPDATE'))
        keepPriority((attributes.object as Pod).spec, (attributes.oldObject as Pod).spec)
    },
    async validate(attributes) {
      if (isFor(attributes, 'priorityclasses.scheduling.k8s.io', 'CREATE', 'UPDATE'))
        await refuseSecondDefault(objects, attributes)
    },
  }
}

async function setPriority(objects: Objects, attributes: AdmissionAttributes, spec: PodSpec): Promise<void> {
  const found = await classOf(objects, attributes, spec)
  const value = found?.value ?? 0
  if (spec.priority !== undefined && spec.priority !== value) {
    throw forbid(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  spec.priority = value
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw forbid(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  spec.preemptionPolicy = policy
}

async function setGroupPriority(objects: Objects, attributes: AdmissionAttributes): Promise<void> {
  const group = attributes.object as PodGroup
  group.spec ??= { schedulingPolicy: {} }
  const { spec } = group
  const value = (await classOf(objects, attributes, spec))?.value ?? 0
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `priority set in the pod group (${spec.priority}) must match the priority computed (${value}) based on the priority class set in the spec`
    throw forbid(attributes, why)
  }
  spec.priority = value
}

/** The class that the pod names, else the default one, whose name the pod then gets. */
async function classOf(
  objects: Objects,
  attributes: AdmissionAttributes,
  spec: { priorityClassName?: string },
): Promise<PriorityClass | undefined> {
  if (spec.priorityClassName) {
    const named = await objects.get(schedulingV1.priorityClasses, spec.priorityClassName)
    if (!named) throw forbid(attributes, `no PriorityClass with name ${spec.priorityClassName} was found`)
    return named
  }
  const found = await defaultClass(objects)
  if (found?.metadata.name) spec.priorityClassName = found.metadata.name
  return found
}

/** Should there be several, the one with the least value. */
async function defaultClass(objects: Objects): Promise<PriorityClass | undefined> {
  const defaults = (await objects.list(schedulingV1.priorityClasses)).filter(({ globalDefault }) => globalDefault)
  return defaults.sort((left, right) => (left.value ?? 0) - (right.value ?? 0))[0]
}

/** An update by a client that does not know the fields must not lose them. */
function keepPriority(spec: PodSpec | undefined, old: PodSpec | undefined): void {
  if (!spec || !old) return
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined)
    spec.preemptionPolicy = old.preemptionPolicy
}

async function refuseSecondDefault(objects: Objects, attributes: AdmissionAttributes): Promise<void> {
  const wanted = attributes.object as PriorityClass
  if (!wanted.globalDefault) return
  const present = await defaultClass(objects)
  if (!present || present.metadata.name === wanted.metadata.name) return
  throw forbid(
    attributes,
    `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`,
  )
}
