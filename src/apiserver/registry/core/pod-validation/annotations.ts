/**
 * Rules for annotations that mean something for a pod, and for older annotations that fields have replaced.
 * Source: https://kubernetes.io/docs/reference/labels-annotations-taints/.
 */
import type { FieldError } from '../../../../api/errors.ts'
import type { PodSpec } from '../../../../api/types/core/v1.ts'
import { forbidden, invalid } from '../../validation/field.ts'
import { localDescendingPath } from '../../validation/paths.ts'
import { containersWithPath } from './visit.ts'

export const mirrorAnnotation = 'kubernetes.io/config.mirror'
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/'
const appArmorContainer = 'container.apparmor.security.beta.kubernetes.io/'

type Annotations = Record<string, string> | undefined
type Profile = { type?: string; localhostProfile?: string } | undefined

export function validatePodAnnotations(path: string, annotations: Annotations, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const all = annotations ?? {}
  const mirror = all[mirrorAnnotation]
  if (mirror !== undefined && !spec.nodeName) {
    const why = 'must set spec.nodeName if mirror pod annotation is set'
    errors.push(invalid(`${path}[${mirrorAnnotation}]`, mirror, why))
  }
  const cost = all[deletionCost]
  if (cost !== undefined && !isInt32(cost))
    errors.push(invalid(`${path}[${deletionCost}]`, cost, 'must be a 32bit integer'))
  const pod = all[seccompPod]
  if (pod !== undefined) errors.push(...seccompName(`${path}.${seccompPod}`, pod))
  for (const [key, value] of Object.entries(all)) {
    if (key.startsWith(seccompContainer)) errors.push(...seccompName(`${path}.${key}`, value))
    if (!key.startsWith(appArmorContainer)) continue
    const name = key.slice(appArmorContainer.length)
    if (!containersWithPath('', spec).some(([, container]) => container.name === name)) {
      errors.push(invalid(`${path}[${key}]`, name, 'container not found'))
    }
    if (!/^($|runtime\/default$|unconfined$|localhost\/)/.test(value)) {
      errors.push(invalid(`${path}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`))
    }
  }
  return errors
}

function isInt32(text: string): boolean {
  return /^(-?[1-9]\d{0,9}|0)$/.test(text) && Math.abs(Number(text)) <= 2147483647
}

function seccompName(path: string, name: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(name)) return []
  if (name.startsWith('localhost/')) return localDescendingPath(path, name.slice('localhost/'.length))
  return [invalid(path, name, 'must be a valid seccomp profile')]
}

/** Which of these may not come, go or change once the pod exists. */
export function validateAnnotationChanges(path: string, annotations: Annotations, old: Annotations): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(old ?? {})) {
    if (annotations?.[key] === value) continue
    if (key.startsWith(appArmorContainer)) {
      errors.push(forbidden(`${path}[${key}]`, 'may not remove or update AppArmor annotations'))
    }
    if (key === mirrorAnnotation)
      errors.push(forbidden(`${path}[${key}]`, 'may not remove or update mirror pod annotation'))
  }
  for (const key of Object.keys(annotations ?? {})) {
    if (old?.[key] !== undefined) continue
    if (key.startsWith(appArmorContainer)) errors.push(forbidden(`${path}[${key}]`, 'may not add AppArmor annotations'))
    if (key === mirrorAnnotation) errors.push(forbidden(`${path}[${key}]`, 'may not add mirror pod annotation'))
  }
  return errors
}

/** Where an old annotation and its field are both set they must agree. */
export function validateProfileAnnotations(path: string, annotations: Annotations, spec: PodSpec): FieldError[] {
  const all = annotations ?? {}
  if (!Object.keys(all).some((key) => key.includes('seccomp.security.') || key.startsWith(appArmorContainer))) return []
  const errors = agree(
    `${path}.securityContext.seccompProfile`,
    'seccomp',
    all[seccompPod],
    spec.securityContext?.seccompProfile,
  )
  const containers = containersWithPath(path, spec)
  for (const [at, { name, securityContext }] of containers) {
    const where = `${at}.securityContext.seccompProfile`
    errors.push(...agree(where, 'seccomp', all[seccompContainer + name], securityContext?.seccompProfile))
  }
  if (spec.os?.name === 'windows') return errors
  for (const [at, { name, securityContext }] of containers) {
    const profile = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
    errors.push(...agree(`${at}.securityContext.appArmorProfile`, 'apparmor', all[appArmorContainer + name], profile))
  }
  return errors
}

function agree(
  path: string,
  what: 'seccomp' | 'apparmor',
  annotation: string | undefined,
  profile: Profile,
): FieldError[] {
  if (annotation === undefined || !profile) return []
  const typeDiffers = forbidden(`${path}.type`, `${what} type in annotation and field must match`)
  if (profile.type === 'Unconfined') return annotation === 'unconfined' ? [] : [typeDiffers]
  if (profile.type === 'RuntimeDefault') {
    const fits = annotation === 'runtime/default' || (what === 'seccomp' && annotation === 'docker/default')
    return fits ? [] : [typeDiffers]
  }
  if (profile.type !== 'Localhost') return []
  if (!annotation.startsWith('localhost/')) return [typeDiffers]
  return annotation.slice('localhost/'.length) === profile.localhostProfile
    ? []
    : [forbidden(`${path}.localhostProfile`, `${what} profile in annotation and field must match`)]
}
