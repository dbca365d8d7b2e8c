/** Pod templates stored on their own. Source: core/v1 PodTemplate. */
import { defaultPodTemplate } from '../../../api/defaults/pod.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { PodTemplate } from '../../../api/types/core/v1.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { templateWarnings } from '../warnings/pod-warnings.ts'
import { podAllowances } from './pod-validation/allowances.ts'
import { validatePodTemplate } from './pod-validation/spec.ts'

export const podTemplates: Strategy<PodTemplate> = {
  resource: coreV1.podTemplates,
  default(object) {
    object.template ??= {}
    defaultPodTemplate(object.template)
  },
  prepareForCreate(object) {
    object.metadata.generation = 1
  },
  prepareForUpdate(object, old) {
    const generation = old.metadata.generation ?? 0
    object.metadata.generation = semanticEqual(object.template, old.template) ? generation : generation + 1
  },
  validateCreate: ({ template }, context) => validatePodTemplate('template', template, podAllowances(context)),
  warnings: (object, old) => templateWarnings('template', object.template, { object, old }),
  validateUpdate: ({ template }, old, context) =>
    validatePodTemplate('template', template, podAllowances(context, old.template?.spec)),
}
