/** The checks of the restricted level, beyond and instead of those of the baseline: a pod gives up what it could have had. */
import type { Volume } from '../../../api/types/core/v1.ts'
import { addedBeyond, baselineChecks, capabilitiesBaseline, hostPathVolumes, seccompBaseline } from './baseline.ts'
import {
  type Check,
  type CheckedPod,
  containersOf,
  distinctSorted,
  isWindows,
  named,
  plural,
  quoted,
  settersOf,
} from './violation.ts'

const allowPrivilegeEscalation: Check = ({ spec }) => {
  if (isWindows(spec)) return undefined
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
  if (isWindows(spec)) return undefined
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
  if (isWindows(pod.spec)) return undefined
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

/** Checks of the baseline that a stricter one here replaces. */
const replaced: ReadonlySet<Check> = new Set([capabilitiesBaseline, hostPathVolumes, seccompBaseline])

export const restrictedChecks: readonly Check[] = [
  ...baselineChecks.filter((check) => !replaced.has(check)),
  allowPrivilegeEscalation,
  capabilitiesRestricted,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompRestricted,
]
