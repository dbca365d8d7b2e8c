/** What a Pod Security check looks at, and how it words what it finds (https://kubernetes.io/docs/concepts/security/pod-security-standards/). */
import type { Container, Pod, PodSecurityContext, PodSpec, SecurityContext } from '../../../api/types/core/v1.ts'

export interface Violation {
  /** `host namespaces`. */
  reason: string
  /** `hostPID=true`. */
  detail: string
}

/** Undefined when the pod passes. Pure. */
export type Check = (pod: CheckedPod) => Violation | undefined

/** A check, and what it was in which version. */
export interface VersionedCheck {
  /** As upstream names it. */
  id: string
  /** By the minor version from which it is so; below the first there is no such check. */
  since: Readonly<Record<number, Check>>
  /** The check of the baseline that it stands for where it holds. */
  overrides?: string
}

/** The parts of a pod, or of a pod template, that checks read. */
export interface CheckedPod {
  annotations: Readonly<Record<string, string>>
  spec: PodSpec
}

export type CheckedContainer = Pick<
  Container,
  'name' | 'ports' | 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle'
> & {
  securityContext?: SecurityContext
}

export function checkedPod({ metadata, spec }: Pick<Pod, 'spec'> & { metadata?: Pod['metadata'] }): CheckedPod {
  return { annotations: metadata?.annotations ?? {}, spec: spec ?? { containers: [] } }
}

/** Init containers first, debug containers last. */
export function containersOf({
  initContainers = [],
  containers,
  ephemeralContainers = [],
}: PodSpec): CheckedContainer[] {
  return [...initContainers, ...containers, ...ephemeralContainers]
}

export function isWindows({ os }: PodSpec): boolean {
  return os?.name === 'windows'
}

/** Whether its users are none of the node's. */
export function hasOwnUsers({ spec }: CheckedPod): boolean {
  return spec.hostUsers === false
}

export function quoted(items: readonly string[]): string {
  return `"${items.join('", "')}"`
}

/** `container "a"` or `containers "a", "b"`. */
export function named(noun: string, names: readonly string[]): string {
  return `${plural(noun, names.length)} ${quoted(names)}`
}

export function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`
}

export function distinctSorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort()
}

type EitherContext = PodSecurityContext & SecurityContext

export interface Setters {
  /** `pod`, `container "a"`: who set a value that is not allowed; `pod and container "a"`. */
  text: string
  /** The values, each once. */
  values: string[]
}

/** Who sets, on the pod or a container, what `bad` finds; undefined when nobody does. */
export function settersOf(
  { spec }: CheckedPod,
  bad: (context: EitherContext) => readonly string[],
): Setters | undefined {
  const own = bad((spec.securityContext ?? {}) as EitherContext)
  const containers = containersOf(spec)
    .map(({ name, securityContext }) => ({ name, values: bad((securityContext ?? {}) as EitherContext) }))
    .filter(({ values }) => values.length > 0)
  const who: string[] = []
  if (own.length > 0) who.push('pod')
  if (containers.length > 0) {
    who.push(
      named(
        'container',
        containers.map(({ name }) => name),
      ),
    )
  }
  if (who.length === 0) return undefined
  return { text: who.join(' and '), values: distinctSorted([...own, ...containers.flatMap(({ values }) => values)]) }
}
