/**
 * The older way to name a container's AppArmor profile, by an annotation, means the same as the field: a new pod's
 * annotation is copied into the field. Source: https://kubernetes.io/docs/tutorials/security/apparmor/.
 */
import type { AppArmorProfile, Pod } from '../../../api/types/core/v1.ts'
import { semanticEqual } from '../validation/equal.ts'
import { validateAppArmorProfile } from './pod-validation/security-context.ts'
import { containersWithPath } from './pod-validation/visit.ts'

export const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/'

/** In place. An annotation that is no valid profile is left to validation. */
export function copyAppArmorAnnotations({ metadata, spec }: Pod): void {
  if (!spec || !metadata.annotations || spec.os?.name === 'windows') return
  const shared = spec.securityContext?.appArmorProfile
  for (const [, container] of containersWithPath('', spec)) {
    const annotation = metadata.annotations[appArmorAnnotation + container.name]
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue
    const profile = profileOf(annotation)
    if (!profile || validateAppArmorProfile('', profile).length > 0 || semanticEqual(profile, shared)) continue
    container.securityContext = { ...container.securityContext, appArmorProfile: profile }
  }
}

function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  if (!annotation.startsWith('localhost/')) return undefined
  return { type: 'Localhost', localhostProfile: annotation.slice('localhost/'.length) }
}
