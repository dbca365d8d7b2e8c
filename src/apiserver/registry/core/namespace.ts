/**
 * Namespaces: an own finalizer holds each until its content is gone.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/.
 */
import { defaultNamespace } from '../../../api/defaults/core.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isQualifiedName } from '../../../api/names.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { Namespace } from '../../../api/types/core/v1.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, invalidEach } from '../validation/field.ts'
import { withoutTrailingDash } from '../validation/object-names.ts'

const ownFinalizer = 'kubernetes'
const standardFinalizers = new Set([ownFinalizer, 'orphan', 'foregroundDeletion'])

export const namespaces: Strategy<Namespace> = {
  resource: coreV1.namespaces,
  metadataOnUpdate: ['whole', 'changes'],
  default: defaultNamespace,
  validateName: withoutTrailingDash(isDns1123Label),
  prepareForCreate(namespace) {
    // A generated name is not known before.
    defaultNamespace(namespace)
    namespace.status = { phase: 'Active' }
    namespace.spec ??= {}
    const finalizers = namespace.spec.finalizers ?? []
    if (!finalizers.includes(ownFinalizer)) namespace.spec.finalizers = [...finalizers, ownFinalizer]
  },
  prepareForUpdate(namespace, old) {
    keepFinalizers(namespace, old)
    if (old.status) namespace.status = old.status
  },
  validateCreate: (namespace) => finalizerErrors(namespace, () => 'spec.finalizers'),
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: validateStatus,
  },
  subresources: {
    finalize: {
      prepareForUpdate(namespace, old) {
        if (old.status) namespace.status = old.status
      },
      validateUpdate: (namespace) => finalizerErrors(namespace, (index) => `spec.finalizers[${index}]`),
    },
  },
  selectableFields: {
    'status.phase': (namespace) => namespace.status?.phase ?? '',
  },
}

function keepFinalizers(namespace: Namespace, old: Namespace): void {
  namespace.spec ??= {}
  if (old.spec?.finalizers) namespace.spec.finalizers = old.spec.finalizers
  else delete namespace.spec.finalizers
}

function finalizerErrors(namespace: Namespace, pathOf: (index: number) => string): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, name] of (namespace.spec?.finalizers ?? []).entries()) {
    const path = pathOf(index)
    errors.push(...invalidEach(path, name, isQualifiedName(name)))
    if (!name.includes('/') && !standardFinalizers.has(name)) {
      errors.push(invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified'))
    }
  }
  return errors
}

function validateStatus(namespace: Namespace): FieldError[] {
  const phase = namespace.status?.phase ?? ''
  const expected = namespace.metadata.deletionTimestamp ? 'Terminating' : 'Active'
  if (phase === expected) return []
  const state = expected === 'Active' ? 'empty' : 'not empty'
  return [invalid('status.Phase', phase, `may only be '${expected}' if \`deletionTimestamp\` is ${state}`)]
}
