/** Applies a namespace's LimitRanges: defaults for containers, and bounds for containers, pods and claims (https://kubernetes.io/docs/concepts/policy/limit-range/). */

import { type Amounts, sumAmounts, sumPod } from '../../api/quota/amounts.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { maxErrors, maxRequestErrors, minErrors, ratioErrors } from './limit-bounds.ts'
import { type AdmissionPlugin, forbid, isFor, joined } from './plugin.ts'

const annotation = 'kubernetes.io/limit-ranger'

export function limitRanger(objects: Objects): AdmissionPlugin {
  const rangesOf = async (attributes: AdmissionAttributes): Promise<readonly LimitRange[]> => {
    const matters = ofPod(attributes) || isFor(attributes, 'persistentvolumeclaims', 'CREATE', 'UPDATE')
    if (!matters || attributes.oldObject?.metadata.deletionTimestamp) return []
    return await objects.list(coreV1.limitRanges, attributes.namespace)
  }
  return {
    name: 'LimitRanger',
    resources: ['pods', 'persistentvolumeclaims'],
    async mutate(attributes) {
      if (!ofPod(attributes)) return
      const pod = attributes.object as Pod
      const { annotations } = pod.metadata
      for (const range of await rangesOf(attributes)) applyDefaults(pod, range)
      if (!isResize(attributes)) return
      // A resize changes nothing but resources.
      if (annotations) pod.metadata.annotations = annotations
      else delete pod.metadata.annotations
    },
    async validate(attributes) {
      for (const range of await rangesOf(attributes)) {
        const errors = ofPod(attributes)
          ? podErrors(attributes.object as Pod, range)
          : claimErrors(attributes.object as PersistentVolumeClaim, range)
        if (errors.length > 0) throw forbid(attributes, joined(errors))
      }
    },
  }
}

function ofPod(attributes: AdmissionAttributes): boolean {
  return isFor(attributes, 'pods', 'CREATE') || isResize(attributes)
}

function isResize({ resource, subresource, operation }: AdmissionAttributes): boolean {
  return resource.group === '' && resource.plural === 'pods' && subresource === 'resize' && operation === 'UPDATE'
}

/** Pure but for the pod, which gets the defaults and an annotation that says which. */
export function applyDefaults(pod: Pod, range: LimitRange): void {
  const items = (range.spec?.limits ?? []).filter(({ type }) => type === 'Container')
  const requests: Amounts = Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest))
  const limits: Amounts = Object.assign({}, ...items.map((item) => item.default))
  const notes = [
    ...(pod.spec?.containers ?? []).flatMap((one) => fill(one, requests, limits, 'container')),
    ...(pod.spec?.initContainers ?? []).flatMap((one) => fill(one, requests, limits, 'init container')),
  ]
  if (notes.length === 0) return
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  }
}

function fill(container: Container, requests: Amounts, limits: Amounts, what: string): string[] {
  const resources = { ...container.resources }
  const notes: string[] = []
  for (const [kind, defaults] of [
    ['request', requests],
    ['limit', limits],
  ] as const) {
    const field = kind === 'request' ? 'requests' : 'limits'
    const missing = Object.keys(defaults).filter((name) => resources[field]?.[name] === undefined)
    if (missing.length === 0) continue
    resources[field] = { ...resources[field] }
    for (const name of missing) resources[field][name] = defaults[name]!
    notes.push(`${missing.sort().join(', ')} ${kind} for ${what} ${container.name}`)
  }
  if (notes.length > 0) container.resources = resources
  return notes
}

function podErrors(pod: Pod, range: LimitRange): string[] {
  const { containers = [], initContainers = [] } = pod.spec ?? {}
  return (range.spec?.limits ?? []).flatMap((item) => {
    if (item.type === 'Container') {
      return [...containers, ...initContainers].flatMap(({ resources }) =>
        boundErrors(item, resources?.requests ?? {}, resources?.limits ?? {}),
      )
    }
    if (item.type !== 'Pod') return []
    return boundErrors(item, sumPod(pod, 'requests'), sumPod(pod, 'limits'))
  })
}

function boundErrors(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return [
    ...minErrors(item.type, item.min, requests, limits),
    ...maxErrors(item.type, item.max, requests, limits),
    ...ratioErrors(item.type, item.maxLimitRequestRatio, requests, limits),
  ]
}

function claimErrors(claim: PersistentVolumeClaim, range: LimitRange): string[] {
  const requests = sumAmounts([claim.spec?.resources?.requests ?? {}])
  return (range.spec?.limits ?? [])
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((item) => [
      ...minErrors(item.type, item.min, requests, {}),
      ...maxRequestErrors(item.type, item.max, requests),
    ])
}
