/** Adds what a pod's runtime class asks for: overhead, node selector, tolerations (https://kubernetes.io/docs/concepts/containers/runtime-class/). */
import { apiError } from '../../api/errors.ts'
import { compareQuantities } from '../../api/quantity.ts'
import { nodeV1 } from '../../api/resources.ts'
import type { Pod, PodSpec, Toleration } from '../../api/types/core/v1.ts'
import type { RuntimeClass } from '../../api/types/node/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, forbid, impossibleName, isFor } from './plugin.ts'

export function runtimeClass(objects: Objects): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    resources: ['pods'],
    async mutate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE')) return
      const { spec } = attributes.object as Pod
      const found = spec && (await classOf(objects, attributes, spec))
      if (!found) return
      setOverhead(attributes, spec, found)
      setScheduling(attributes, spec, found)
    },
    async validate(attributes) {
      if (!isFor(attributes, 'pods', 'CREATE')) return
      const { spec } = attributes.object as Pod
      const found = spec && (await classOf(objects, attributes, spec))
      const fixed = found?.overhead?.podFixed
      if (spec?.overhead && !fixed) {
        throw forbid(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
      }
      if (fixed && !sameAmounts(fixed, spec?.overhead)) throw overheadDiffers(attributes)
    },
  }
}

async function classOf(objects: Objects, attributes: AdmissionAttributes, { runtimeClassName }: PodSpec) {
  if (runtimeClassName === undefined) return undefined
  const impossible = impossibleName(runtimeClassName)
  if (impossible) throw apiError({ code: 500, reason: '', message: impossible })
  const found = await objects.get(nodeV1.runtimeClasses, runtimeClassName)
  if (!found) throw forbid(attributes, `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`)
  return found
}

function setOverhead(attributes: AdmissionAttributes, spec: PodSpec, { overhead }: RuntimeClass): void {
  const fixed = overhead?.podFixed
  if (!fixed) return
  if (spec.overhead && !sameAmounts(fixed, spec.overhead)) throw overheadDiffers(attributes)
  spec.overhead = { ...fixed }
}

function setScheduling(attributes: AdmissionAttributes, spec: PodSpec, { scheduling }: RuntimeClass): void {
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key]
    if (own !== undefined && own !== value) {
      throw forbid(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      )
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
  }
  const own = spec.tolerations ?? []
  const added = (scheduling?.tolerations ?? []).filter(
    (wanted) => !own.some((toleration) => sameToleration(toleration, wanted)),
  )
  if (added.length > 0) spec.tolerations = [...own, ...added]
}

function overheadDiffers(attributes: AdmissionAttributes) {
  return forbid(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
}

function sameAmounts(left: Record<string, string>, right: Record<string, string> | undefined): boolean {
  const names = Object.keys(left)
  if (!right || names.length !== Object.keys(right).length) return false
  return names.every((name) => right[name] !== undefined && compareQuantities(left[name]!, right[name]) === 0)
}

function sameToleration(left: Toleration, right: Toleration): boolean {
  const identity = ({ key = '', operator = 'Equal', value = '', effect = '', tolerationSeconds }: Toleration) =>
    JSON.stringify([key, operator || 'Equal', value, effect, tolerationSeconds])
  return identity(left) === identity(right)
}
