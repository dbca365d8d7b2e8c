/**
 * Makes every pod's node ask the registry for its images anew, so that an image on a node is not everybody's.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages
 */
import { type FieldError, invalid } from '../../api/errors.ts'
import type { Pod, PodSpec } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { notSupported } from '../registry/validation/field.ts'
import { type AdmissionPlugin, isFor } from './plugin.ts'

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  mutate(attributes) {
    if (isUnchanged(attributes)) return
    const { spec } = attributes.object as Pod
    for (const list of lists) for (const container of spec?.[list] ?? []) container.imagePullPolicy = 'Always'
    for (const { image } of spec?.volumes ?? []) if (image) image.pullPolicy = 'Always'
  },
  validate(attributes) {
    if (isUnchanged(attributes)) return
    const { metadata, spec } = attributes.object as Pod
    const errors = spec ? otherPolicies(spec) : []
    if (errors.length > 0) throw invalid({ group: '', kind: 'Pod' }, metadata.name ?? '', errors)
  },
}

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const

function otherPolicies(spec: PodSpec): FieldError[] {
  const containers = lists.flatMap((list) =>
    (spec[list] ?? []).map(({ imagePullPolicy = '' }, index) => ({
      path: `spec.${list}[${index}].imagePullPolicy`,
      value: imagePullPolicy,
    })),
  )
  const volumes = (spec.volumes ?? []).flatMap(({ image }, index) =>
    image ? [{ path: `spec.volumes[${index}].image.pullPolicy`, value: image.pullPolicy ?? '' }] : [],
  )
  return [...containers, ...volumes]
    .filter(({ value }) => value !== 'Always')
    .map(({ path, value }) => notSupported(path, value, ['Always']))
}

/** Other resources, and updates that bring no image: old pods keep what they have. */
function isUnchanged(attributes: AdmissionAttributes): boolean {
  const { operation, subresource, resource, object, oldObject } = attributes
  const isDebug = resource.plural === 'pods' && resource.group === '' && subresource === 'ephemeralcontainers'
  if (!isDebug && !isFor(attributes, 'pods', 'CREATE', 'UPDATE')) return true
  if (operation !== 'UPDATE') return false
  const known = new Set(imagesOf(oldObject as Pod))
  return imagesOf(object as Pod).every((image) => known.has(image))
}

function imagesOf({ spec }: Pod): string[] {
  const containers = lists.flatMap((list) => spec?.[list] ?? []).map(({ image = '' }) => image)
  return [...containers, ...(spec?.volumes ?? []).map(({ image }) => image?.reference ?? '')].filter(Boolean)
}
