/** Runtime classes. Source: https://kubernetes.io/docs/concepts/containers/runtime-class/. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label } from '../../../api/names.ts'
import { nodeV1 } from '../../../api/resources.ts'
import type { RuntimeClass } from '../../../api/types/node/v1.ts'
import { validateTolerations } from '../core/pod-validation/scheduling.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { duplicate, invalid, invalidEach, messages, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { validateLabels } from '../validation/labels.ts'
import { validateContainerResources } from '../validation/resources.ts'

export const runtimeClasses: Strategy<RuntimeClass> = {
  allowCreateOnUpdate: true,
  resource: nodeV1.runtimeClasses,
  metadataOnUpdate: ['whole', 'changes'],
  anyFinalizers: true,
  validateCreate: validateClass,
  validateUpdate(runtimeClass, old) {
    const errors = validateClass(runtimeClass)
    if (runtimeClass.handler === old.handler) return errors
    return [...errors, invalid('handler', runtimeClass.handler ?? '', messages.immutable)]
  },
  allowUnconditionalUpdate: false,
}

function validateClass({ handler = '', overhead, scheduling }: RuntimeClass): FieldError[] {
  const errors = handler === '' ? [required('handler')] : invalidEach('handler', handler, isDns1123Label(handler))
  if (overhead) {
    const limits = overhead.podFixed ?? {}
    const wrong = validateContainerResources('overhead', { limits })
    errors.push(
      ...wrong.map((error) => ({ ...error, path: error.path.replace('overhead.limits', 'overhead.podFixed') })),
    )
  }
  if (!scheduling) return errors
  const tolerations = scheduling.tolerations ?? []
  errors.push(...validateLabels('scheduling.nodeSelector', scheduling.nodeSelector))
  errors.push(...validateTolerations('scheduling.tolerations', tolerations))
  for (const [index, toleration] of tolerations.entries()) {
    if (!tolerations.slice(0, index).some((other) => semanticEqual(other, toleration))) continue
    errors.push(duplicate(`scheduling.tolerations[${index}]`, goStruct('Toleration', toleration)))
  }
  return errors
}
