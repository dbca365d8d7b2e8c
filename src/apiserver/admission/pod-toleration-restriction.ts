/**
 * A namespace says which tolerations its pods get and which they may have; the file says it for all others.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podtolerationrestriction
 */
import { notFound } from '../../api/errors.ts'
import { plainFailure } from '../../api/patch/failures.ts'
import { podQosClass } from '../../api/pod-qos.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Namespace, Pod, Toleration } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { semanticEqual } from '../registry/validation/equal.ts'
import { type AdmissionPlugin, isFor } from './plugin.ts'

export interface TolerationLists {
  default?: readonly Toleration[]
  whitelist?: readonly Toleration[]
}

const prefix = 'scheduler.alpha.kubernetes.io/'
const memoryPressure = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }

export function podTolerationRestriction(objects: Objects, cluster: TolerationLists = {}): AdmissionPlugin {
  return {
    name: 'PodTolerationRestriction',
    async mutate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE', 'UPDATE')) return
      const pod = attributes.object as Pod
      const { spec } = pod
      if (!spec) return
      const namespace = await namespaceOf(objects, attributes)
      const isNew = attributes.operation === 'CREATE'
      const added = isNew ? [...(listOf(namespace, 'defaultTolerations') ?? cluster.default ?? [])] : []
      if (podQosClass(pod) !== 'BestEffort') added.push(memoryPressure)
      if (added.length > 0) spec.tolerations = merged([...(spec.tolerations ?? []), ...added])
      checkAllowed(pod, namespace, cluster)
    },
    async validate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE', 'UPDATE')) return
      checkAllowed(attributes.object as Pod, await namespaceOf(objects, attributes), cluster)
    },
  }
}

function checkAllowed({ spec }: Pod, namespace: Namespace, { whitelist }: TolerationLists): void {
  const own = listOf(namespace, 'tolerationsWhitelist')
  const allowed = own ?? whitelist ?? []
  if (allowed.length === 0) return
  if ((spec?.tolerations ?? []).every((one) => allowed.some((wider) => covers(wider, one)))) return
  const scope = own ? 'namespace' : 'cluster'
  throw plainFailure(
    `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${scope} whitelist`,
  )
}

/** Without those that another one covers; of equal ones the first stays. */
function merged(all: readonly Toleration[]): Toleration[] {
  const kept: Toleration[] = []
  for (const [index, one] of all.entries()) {
    const isCovered =
      kept.some((other) => covers(other, one)) ||
      all.slice(index + 1).some((other) => !semanticEqual(other, one) && covers(other, one))
    if (!isCovered) kept.push(one)
  }
  return kept
}

/** Whether `wide` tolerates everything that `narrow` does. */
export function covers(wide: Toleration, narrow: Toleration): boolean {
  if (semanticEqual(wide, narrow)) return true
  const isAnyKey = !wide.key && wide.operator === 'Exists'
  if ((narrow.key ?? '') !== (wide.key ?? '') && !isAnyKey) return false
  if ((narrow.effect ?? '') !== (wide.effect ?? '') && wide.effect) return false
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false
  }
  if (wide.operator === 'Exists') return true
  if (wide.operator && wide.operator !== 'Equal') return false
  return (narrow.operator || 'Equal') === 'Equal' && (narrow.value ?? '') === (wide.value ?? '')
}

async function namespaceOf(objects: Objects, { namespace }: AdmissionAttributes): Promise<Namespace> {
  const found = await objects.get(coreV1.namespaces, namespace)
  if (!found) throw notFound(coreV1.namespaces, namespace)
  return found
}

/** Undefined without the annotation; the empty text is the empty list. */
function listOf({ metadata }: Namespace, name: string): Toleration[] | undefined {
  const text = metadata.annotations?.[prefix + name]
  if (text === undefined) return undefined
  if (text === '') return []
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) return list as Toleration[]
  } catch {
    // Said below.
  }
  throw plainFailure(`namespace ${metadata.name}: annotation ${prefix}${name} is no JSON list of tolerations`)
}
