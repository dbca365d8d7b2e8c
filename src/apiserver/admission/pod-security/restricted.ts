/** The checks of the restricted level, beyond and instead of those of the baseline: a pod gives up what it could have had. */
import type { Volume } from '../../../api/types/core/v1.ts'
import { addedBeyond, procMount } from './baseline.ts'
import {
  type Check,
  type CheckedPod,
  containersOf,
  distinctSorted,
  hasOwnUsers,
  isWindows,
  named,
  plural,
  quoted,
  settersOf,
  type VersionedCheck,
} from './violation.ts'

const allowPrivilegeEscalation: Check = ({ spec }) => {
  const open = containersOf(spec).filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (open.length === 0) return undefined
  const who = named('container', namesOf(open))
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${who} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const addable: ReadonlySet<string> = new Set(['NET_BIND_SERVICE'])

const capabilitiesRestricted: Check = ({ spec }) => {
  const containers = containersOf(spec)
  const keeping = containers.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const details: string[] = []
  if (keeping.length > 0)
    details.push(`${named('container', namesOf(keeping))} must set securityContext.capabilities.drop=["ALL"]`)
  const added = addedBeyond(containers, addable)
  if (added) details.push(added)
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedVolumeTypes: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

const restrictedVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? [])
    .map((volume) => ({ name: volume.name, type: typeOf(volume) }))
    .filter(({ type }) => !allowedVolumeTypes.has(type))
  if (bad.length === 0) return undefined
  const types = distinctSorted(bad.map(({ type }) => type))
  const uses = bad.length === 1 ? 'uses' : 'use'
  const what = `${plural('restricted volume type', types.length)} ${quoted(types)}`
  return { reason: 'restricted volume types', detail: `${named('volume', namesOf(bad))} ${uses} ${what}` }
}

function typeOf(volume: Volume): string {
  return Object.keys(volume).find((field) => field !== 'name') ?? 'unknown'
}

const runAsNonRoot: Check = (pod) => {
  const reason = 'runAsNonRoot != true'
  const setters = settersOf(pod, (context) => (context.runAsNonRoot === false ? ['false'] : []))
  if (setters) return { reason, detail: `${setters.text} must not set securityContext.runAsNonRoot=false` }
  const open = openContainers(
    pod,
    pod.spec.securityContext?.runAsNonRoot === true,
    (context) => context?.runAsNonRoot === true,
  )
  return open === undefined
    ? undefined
    : { reason, detail: `pod or ${open} must set securityContext.runAsNonRoot=true` }
}

const runAsUser: Check = (pod) => {
  const setters = settersOf(pod, (context) => (context.runAsUser === 0 ? ['0'] : []))
  return setters && { reason: 'runAsUser=0', detail: `${setters.text} must not set runAsUser=0` }
}

const seccompRestricted: Check = (pod) => {
  const reason = 'seccompProfile'
  const isGood = (type: string | undefined) => type === 'RuntimeDefault' || type === 'Localhost'
  const setters = settersOf(pod, ({ seccompProfile }) =>
    seccompProfile && !isGood(seccompProfile.type) ? [seccompProfile.type] : [],
  )
  if (setters)
    return {
      reason,
      detail: `${setters.text} must not set securityContext.seccompProfile.type to ${quoted(setters.values)}`,
    }
  const podSets = isGood(pod.spec.securityContext?.seccompProfile?.type)
  const open = openContainers(pod, podSets, (context) => isGood(context?.seccompProfile?.type))
  return open === undefined
    ? undefined
    : {
        reason,
        detail: `pod or ${open} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      }
}

/** Containers for which neither they nor the pod say what must be said. */
function openContainers(
  { spec }: CheckedPod,
  podSays: boolean,
  says: (context: ReturnType<typeof containersOf>[number]['securityContext']) => boolean,
): string | undefined {
  if (podSays) return undefined
  const open = containersOf(spec).filter(({ securityContext }) => !says(securityContext))
  return open.length === 0 ? undefined : named('container', namesOf(open))
}

function namesOf(items: readonly { name: string }[]): string[] {
  return items.map(({ name }) => name)
}

function unlessWindows(check: Check): Check {
  return (pod) => (isWindows(pod.spec) ? undefined : check(pod))
}

function unlessOwnUsers(check: Check): Check {
  return (pod) => (hasOwnUsers(pod) ? undefined : check(pod))
}

export const restrictedChecks: readonly VersionedCheck[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: { 8: allowPrivilegeEscalation, 25: unlessWindows(allowPrivilegeEscalation) },
  },
  {
    id: 'capabilities_restricted',
    since: { 22: capabilitiesRestricted, 25: unlessWindows(capabilitiesRestricted) },
    overrides: 'capabilities_baseline',
  },
  { id: 'procMount_restricted', since: { 35: procMount }, overrides: 'procMount' },
  { id: 'restrictedVolumes', since: { 0: restrictedVolumes }, overrides: 'hostPathVolumes' },
  { id: 'runAsNonRoot', since: { 0: runAsNonRoot, 35: unlessOwnUsers(runAsNonRoot) } },
  { id: 'runAsUser', since: { 23: runAsUser, 35: unlessOwnUsers(runAsUser) } },
  {
    id: 'seccompProfile_restricted',
    since: { 19: seccompRestricted, 25: unlessWindows(seccompRestricted) },
    overrides: 'seccompProfile_baseline',
  },
]
