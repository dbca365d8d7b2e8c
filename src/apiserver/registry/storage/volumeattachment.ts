/** Volume attachments. Source: storage/v1 VolumeAttachment. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { storageV1 } from '../../../api/resources.ts'
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '../../../api/types/storage/v1.ts'
import { validateVolumeSpec } from '../core/persistentvolume-validation.ts'
import { validateCsiDriverName } from '../core/pod-validation/volumes.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import {
  byteLength,
  forbidden,
  inRange,
  invalid,
  invalidEach,
  messages,
  required,
  tooLong,
} from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'

const limits = { metadata: 512, metadataBytes: 256 * 1024, errorBytes: 1024 }

export const volumeAttachments: Strategy<VolumeAttachment> = {
  resource: storageV1.volumeAttachments,
  metadataOnUpdate: ['whole'],
  default({ spec }) {
    const hostPath = spec?.source?.inlineVolumeSpec?.hostPath
    if (hostPath) hostPath.type ??= ''
  },
  prepareForCreate(attachment) {
    attachment.status = { attached: false }
  },
  prepareForUpdate(attachment, old) {
    attachment.status = old.status ?? { attached: false }
  },
  validateCreate: (attachment) => validateAttachment(attachment, true),
  validateUpdate(attachment, old) {
    const errors = validateAttachment(attachment, false)
    if (semanticEqual(attachment.spec, old.spec)) return errors
    return [...errors, invalid('spec', goStruct('VolumeAttachmentSpec', attachment.spec), messages.immutable)]
  },
  allowUnconditionalUpdate: false,
  status: {
    prepareForUpdate(attachment, old) {
      if (old.spec) attachment.spec = old.spec
    },
    validateUpdate: (attachment) => validateAttachment(attachment, false),
  },
}

function validateAttachment(attachment: VolumeAttachment, created: boolean): FieldError[] {
  const { attacher = '', source, nodeName = '' } = attachment.spec ?? {}
  const errors = validateCsiDriverName('spec.attacher', attacher)
  errors.push(...validateSource('spec.source', source ?? {}))
  errors.push(...invalidEach('spec.nodeName', nodeName, isDns1123Subdomain(nodeName)))
  if (created) return errors
  return [
    ...errors,
    ...validateMetadata('status.attachmentMetadata', attachment.status?.attachmentMetadata),
    ...validateError('status.attachError', attachment.status?.attachError),
    ...validateError('status.detachError', attachment.status?.detachError),
  ]
}

function validateSource(
  path: string,
  { inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource,
): FieldError[] {
  const choice = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (!inlineVolumeSpec && persistentVolumeName === undefined) return [required(path, choice)]
  if (persistentVolumeName !== undefined) {
    const at = `${path}.persistentVolumeName`
    if (inlineVolumeSpec) {
      return [
        forbidden(path, choice),
        ...invalidEach(at, persistentVolumeName, isDns1123Subdomain(persistentVolumeName)),
      ]
    }
    const missing = persistentVolumeName === '' ? [required(at, 'must specify non empty persistentVolumeName')] : []
    return [...missing, ...invalidEach(at, persistentVolumeName, isDns1123Subdomain(persistentVolumeName))]
  }
  return inlineVolumeSpec ? validateVolumeSpec(`${path}.inlineVolumeSpec`, inlineVolumeSpec, '', true) : []
}

function validateMetadata(path: string, metadata: Record<string, string> | undefined): FieldError[] {
  const entries = Object.entries(metadata ?? {})
  if (entries.length > limits.metadata) return [tooLong(path, limits.metadata)]
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  return bytes > limits.metadataBytes ? [tooLong(path, limits.metadataBytes)] : []
}

function validateError(path: string, error: VolumeError | undefined): FieldError[] {
  const text = error?.message ?? ''
  const errors = byteLength(text) > limits.errorBytes ? [tooLong(`${path}.message`, limits.errorBytes)] : []
  return [...errors, ...inRange(`${path}.errorCode`, error?.errorCode ?? 0, 0, 2 ** 31 - 1)]
}
