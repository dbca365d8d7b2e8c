/** Volumes of the cluster. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/. */
import { defaultVolume } from '../../../api/defaults/storage.ts'
import type { FieldError } from '../../../api/errors.ts'
import { coreV1 } from '../../../api/resources.ts'
import type {
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from '../../../api/types/core/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import { defaultGates } from '../../scheme/feature-gates.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, messages } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { structDiff } from '../validation/struct-diff.ts'
import { volumeWarnings } from '../warnings/storage-warnings.ts'
import { persistentSourceOf, validateVolumeSpec } from './persistentvolume-validation.ts'

/** Labels that nodes once had, and what replaced them: an affinity may follow. */
const replacedLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

export const persistentVolumes: Strategy<PersistentVolume> = {
  resource: coreV1.persistentVolumes,
  metadataOnUpdate: ['whole', 'whole'],
  default: defaultVolume,
  prepareForCreate(volume) {
    const { creationTimestamp } = volume.metadata
    volume.status = { phase: 'Pending', ...(creationTimestamp ? { lastPhaseTransitionTime: creationTimestamp } : {}) }
  },
  prepareForUpdate(volume, old) {
    volume.status = old.status ?? { phase: 'Pending' }
  },
  validateCreate: (volume) => validateVolumeSpec('spec', volume.spec ?? {}, volume.metadata.name ?? ''),
  warnings: volumeWarnings,
  validateUpdate: validateVolumeUpdate,
  status: {
    prepareForUpdate(volume, old, { nowMs }) {
      keepSpec(volume, old)
      datePhase(volume, old, nowMs)
    },
  },
}

/** When the phase last changed, unless whoever changes it says so. */
function datePhase({ status }: PersistentVolume, old: PersistentVolume, nowMs: number): void {
  if (!status) return
  const before = old.status?.lastPhaseTransitionTime
  const isSame = status.phase === old.status?.phase
  if (isSame) status.lastPhaseTransitionTime ??= before ?? rfc3339(nowMs)
  else if (!status.lastPhaseTransitionTime || status.lastPhaseTransitionTime === before) {
    status.lastPhaseTransitionTime = rfc3339(nowMs)
  }
}

/** Upstream checks the spec twice on update; so do its messages. */
function validateVolumeUpdate(
  volume: PersistentVolume,
  old: PersistentVolume,
  { gates = defaultGates }: ValidationContext = {},
): FieldError[] {
  const spec = volume.spec ?? {}
  const before = old.spec ?? {}
  const own = validateVolumeSpec('spec', spec, volume.metadata.name ?? '')
  const errors = [...own, ...own]
  const wanted = persistentSourceOf(withoutNewExpandSecret(spec, before))
  const held = persistentSourceOf(before)
  if (!semanticEqual(wanted, held)) {
    const shown = structDiff(goStruct('PersistentVolumeSource', held), goStruct('PersistentVolumeSource', wanted))
    const path = 'spec.persistentvolumesource'
    errors.push(forbidden(path, `${path} is immutable after creation\n${shown}`))
  }
  if (spec.volumeMode !== before.volumeMode)
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, messages.immutable))
  const movable = gates.get('MutablePVNodeAffinity')
  if (!movable && before.nodeAffinity && !sameAffinity(spec.nodeAffinity, before.nodeAffinity)) {
    const why = `${messages.immutable}, except for updating from beta label to GA`
    errors.push(invalid('nodeAffinity', goStruct('VolumeNodeAffinity', spec.nodeAffinity), why))
  }
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  }
  return errors
}

function withoutNewExpandSecret(spec: PersistentVolumeSpec, before: PersistentVolumeSpec): PersistentVolumeSpec {
  if (!spec.csi || !before.csi || before.csi.controllerExpandSecretRef) return spec
  const { controllerExpandSecretRef: _new, ...csi } = spec.csi
  return { ...spec, csi }
}

function sameAffinity(wanted: VolumeNodeAffinity | undefined, held: VolumeNodeAffinity): boolean {
  if (!wanted) return false
  const terms = wanted.required?.nodeSelectorTerms ?? []
  const before = held.required?.nodeSelectorTerms ?? []
  return (
    terms.length === before.length && terms.every((term, index) => sameTerm(term, before[index] as NodeSelectorTerm))
  )
}

function sameTerm(wanted: NodeSelectorTerm, held: NodeSelectorTerm): boolean {
  const before = held.matchExpressions ?? []
  const expressions = wanted.matchExpressions ?? []
  if (!semanticEqual(wanted.matchFields, held.matchFields) || expressions.length !== before.length) return false
  return expressions.every((expression, index) => {
    const old = before[index]
    const follows = old !== undefined && replacedLabels[old.key] === expression.key
    return semanticEqual(expression, follows ? { ...old, key: expression.key } : old)
  })
}
