/**
 * The resources of a pod apart from the pod: what it asks for, what its node has set aside, what its containers were given.
 * Pure. Source: KEP-1287 (in-place resize of containers), KEP-5419 (of pods).
 */
import { compareQuantities } from '../../api/quantity.ts'
import type { Container, Pod, ResourceRequirements } from '../../api/types/core/v1.ts'

export interface PodResources {
  /** By container name; ephemeral containers have none. */
  containers: ReadonlyMap<string, ResourceRequirements>
  /** Of the pod as a whole, where it says so. */
  pod?: ResourceRequirements
}

/** Amounts that can change while a container runs, as they stand in its specification. */
export interface ContainerAmounts {
  cpu: Amount
  memory: Amount
}

export interface Amount {
  request: string | undefined
  limit: string | undefined
}

export type Resizable = keyof ContainerAmounts

type List = Record<string, string> | undefined

export function resourcesOf({ spec }: Pod): PodResources {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  const containers = new Map(all.map(({ name, resources }) => [name, structuredClone(resources ?? {})]))
  return spec?.resources ? { containers, pod: structuredClone(spec.resources) } : { containers }
}

/** The pod with these resources instead of its own; the same object where nothing differs. Unknown containers keep theirs. */
export function withResources(pod: Pod, { containers, pod: whole }: PodResources): Pod {
  if (!pod.spec) return pod
  const given = (container: Container): Container => {
    const resources = containers.get(container.name)
    return !resources || sameRequirements(resources, container.resources) ? container : { ...container, resources }
  }
  const spec = { ...pod.spec, containers: pod.spec.containers.map(given) }
  if (pod.spec.initContainers) spec.initContainers = pod.spec.initContainers.map(given)
  if (!sameRequirements(whole, spec.resources)) {
    if (whole) spec.resources = whole
    else delete spec.resources
  }
  return sameResources(pod, { ...pod, spec }) ? pod : { ...pod, spec }
}

/** Whether two forms of a pod ask for the same. */
export function sameResources(left: Pod, right: Pod): boolean {
  const [one, other] = [resourcesOf(left), resourcesOf(right)]
  if (!sameRequirements(one.pod, other.pod)) return false
  return [...one.containers].every(([name, resources]) => sameRequirements(resources, other.containers.get(name)))
}

/** Amounts of one container in force: a limit it does not have itself is that of its pod. */
export function containerAmounts(pod: Pod, { resources }: Pick<Container, 'resources'>): ContainerAmounts {
  const of = (name: Resizable): Amount => {
    const own = resources?.limits?.[name]
    const limit = isZero(own) ? (pod.spec?.resources?.limits?.[name] ?? own) : own
    return { request: resources?.requests?.[name], limit }
  }
  return { cpu: of('cpu'), memory: of('memory') }
}

export function sameAmount(left: Amount, right: Amount): boolean {
  return sameQuantity(left.request, right.request) && sameQuantity(left.limit, right.limit)
}

/** Absent is zero. */
export function compareAmounts(left: string | undefined, right: string | undefined): number {
  return compareQuantities(left ?? '0', right ?? '0')
}

export function sameRequirements(
  left: ResourceRequirements | undefined,
  right: ResourceRequirements | undefined,
): boolean {
  return sameList(left?.requests, right?.requests) && sameList(left?.limits, right?.limits)
}

function sameList(left: List = {}, right: List = {}): boolean {
  const names = Object.keys(left)
  if (names.length !== Object.keys(right).length) return false
  return names.every((name) => right[name] !== undefined && sameQuantity(left[name], right[name]))
}

function sameQuantity(left: string | undefined, right: string | undefined): boolean {
  return compareAmounts(left, right) === 0
}

function isZero(quantity: string | undefined): boolean {
  return quantity === undefined || compareQuantities(quantity, '0') === 0
}
