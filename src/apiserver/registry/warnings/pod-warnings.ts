/**
 * What is valid in a pod or a pod template but is not what its author will have meant, or works no more. Texts are
 * upstream's (`pkg/api/pod/warnings.go`), since users and tests know them.
 */

import type { KubeObject } from '../../../api/meta.ts'
import { isDns1123Label } from '../../../api/names.ts'
import { milliValue } from '../../../api/quantity.ts'
import type { Affinity, ContainerPort, Pod, PodSpec, PodTemplateSpec, Volume } from '../../../api/types/core/v1.ts'
import type { LabelSelector, ObjectMeta } from '../../../api/types/meta/v1.ts'
import { appArmorAnnotation } from '../core/app-armor.ts'
import { type AnyContainer, containersWithPath } from '../core/pod-validation/visit.ts'
import { nodeLabelWarning } from './node-labels.ts'
import { portWarnings } from './port-warnings.ts'

const annotationWarnings: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}
const seccompWarning = 'non-functional in v1.27+; use the "seccompProfile" field instead'
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/'
const appArmorWarning = 'deprecated since v1.30; use the "appArmorProfile" field instead'

const volumeWarnings: Readonly<Partial<Record<keyof Volume, string>>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}

export function podWarnings(pod: Pod, old: Pod | undefined): string[] {
  const own = old ? [] : nameWarning(pod.metadata.name ?? '', "the Pod's hostname")
  return [...own, ...specWarnings('', pod.metadata, pod.spec ?? { containers: [] }, false)]
}

/** None when the update wants nothing else than before, which its generation tells. `path` is the template's. */
export function templateWarnings(
  path: string,
  template: PodTemplateSpec | undefined,
  { object, old }: { object: KubeObject; old: KubeObject | undefined },
): string[] {
  if (!template || (old && object.metadata.generation === old.metadata.generation)) return []
  return specWarnings(`${path}.`, template.metadata ?? {}, template.spec ?? { containers: [] }, true)
}

/** For kinds whose name becomes part of others'. */
export function nameWarning(name: string, usedIn: string): string[] {
  const wrong = isDns1123Label(name)
  if (wrong.length === 0) return []
  return [
    `metadata.name: this is used in ${usedIn}, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`,
  ]
}

function specWarnings(prefix: string, metadata: ObjectMeta, spec: PodSpec, isTemplate: boolean): string[] {
  const at = `${prefix}spec`
  return [
    ...placementWarnings(at, spec),
    ...annotationsOf(prefix, metadata),
    ...(spec.volumes ?? []).flatMap((volume, index) => removedVolume(`${at}.volumes[${index}]`, volume)),
    ...duplicates(
      `${at}.hostAliases`,
      'ip',
      (spec.hostAliases ?? []).map(({ ip }) => ip),
    ),
    ...duplicates(
      `${at}.imagePullSecrets`,
      'name',
      (spec.imagePullSecrets ?? []).map(({ name = '' }) => name),
    ),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name = '' }, index) =>
      name === '' ? [`${at}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
    ...containersWithPath(at, spec).flatMap(([path, container]) => containerWarnings(path, container)),
    ...graceWarning(at, spec),
    ...termWarnings(`${at}.affinity`, spec.affinity),
    ...portWarnings(at, spec),
    ...(isTemplate ? appArmorWarnings(prefix, metadata, spec) : podAppArmorWarnings(metadata, spec)),
  ]
}

function placementWarnings(at: string, spec: PodSpec): string[] {
  const warn = (path: string, label: string) => nodeLabelWarning(path, label)
  const affinity = spec.affinity?.nodeAffinity
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const affinityPath = `${at}.affinity.nodeAffinity`
  const expressions = [
    ...terms.map((term, index) => ({
      path: `${affinityPath}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`,
      term,
    })),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ preference }, index) => ({
      path: `${affinityPath}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`,
      term: preference,
    })),
  ]
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((label) => warn(`${at}.nodeSelector[${label}]`, label)),
    ...expressions.flatMap(({ path, term }) =>
      (term?.matchExpressions ?? []).flatMap(({ key }, index) => warn(`${path}.matchExpressions[${index}].key`, key)),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const path = `${at}.topologySpreadConstraints[${index}]`
      return [...warn(`${path}.topologyKey`, topologyKey), ...selectorWarning(path, labelSelector)]
    }),
  ]
}

function termWarnings(path: string, affinity: Affinity | undefined): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const required = `${path}.${kind}.requiredDuringSchedulingIgnoredDuringExecution`
    const preferred = `${path}.${kind}.preferredDuringSchedulingIgnoredDuringExecution`
    return [
      ...(affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) =>
        selectorWarning(`${required}[${index}]`, term.labelSelector),
      ),
      ...(affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((weighted, index) =>
        selectorWarning(`${preferred}[${index}].podAffinityTerm`, weighted.podAffinityTerm?.labelSelector),
      ),
    ]
  })
}

function selectorWarning(path: string, selector: LabelSelector | undefined): string[] {
  return selector ? [] : [`${path}.labelSelector: a null labelSelector results in matching no pod`]
}

function annotationsOf(prefix: string, { annotations = {} }: ObjectMeta): string[] {
  return Object.keys(annotations).flatMap((key) => {
    const isSeccomp = key === seccompPod || key.startsWith(seccompContainer)
    const said = isSeccomp
      ? seccompWarning
      : Object.hasOwn(annotationWarnings, key)
        ? annotationWarnings[key]
        : undefined
    return said === undefined ? [] : [`${prefix}metadata.annotations[${key}]: ${said}`]
  })
}

function removedVolume(path: string, volume: Volume): string[] {
  const sources = volume.projected?.sources ?? []
  if (sources.some((source) => Object.values(source).every((part) => part === undefined))) {
    return [`volume ${JSON.stringify(volume.name)} (Projected) has no sources provided`]
  }
  return (Object.keys(volumeWarnings) as (keyof Volume)[]).flatMap((source) =>
    volume[source] === undefined
      ? []
      : [`${path}.${source === 'storageos' ? 'storageOS' : source}: ${volumeWarnings[source]}`],
  )
}

function duplicates(path: string, field: string, values: readonly string[]): string[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) < index ? [`${path}[${index}].${field}: duplicate ${field} ${JSON.stringify(value)}`] : [],
  )
}

function graceWarning(at: string, { terminationGracePeriodSeconds: seconds = 0 }: PodSpec): string[] {
  if (seconds >= 0) return []
  return [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
}

function containerWarnings(path: string, { resources, env = [], ports = [] }: AnyContainer): string[] {
  const amounts = (['limits', 'requests'] as const).flatMap((list) =>
    ['memory', 'ephemeral-storage'].flatMap((name) =>
      fractionalWarning(`${path}.resources.${list}[${name}]`, resources?.[list]?.[name]),
    ),
  )
  const names = env.map(({ name }) => name)
  const hidden = names.flatMap((name, index) =>
    names.indexOf(name) < index
      ? [
          `${path}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ]
      : [],
  )
  const bound = ports.flatMap((port, index) => hostIpWarning(`${path}.ports[${index}]`, port))
  return [...amounts, ...hidden, ...bound]
}

function hostIpWarning(path: string, port: ContainerPort): string[] {
  const { name = '', hostPort = 0, containerPort = 0, protocol = '', hostIP = '' } = port
  if (hostIP === '' || hostPort !== 0) return []
  const shown = `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
  return [`${path}: hostIP set without hostPort: ${shown}`]
}

export function fractionalWarning(path: string, amount: string | undefined): string[] {
  if (amount === undefined || milliValue(amount) % 1000 === 0) return []
  return [`${path}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`]
}

function appArmorWarnings(prefix: string, { annotations = {} }: ObjectMeta, spec: PodSpec): string[] {
  return containersWithPath('', spec).flatMap(([, { name, securityContext }]) => {
    const key = appArmorAnnotation + name
    if (annotations[key] === undefined || securityContext?.appArmorProfile) return []
    return [`${prefix}metadata.annotations[${key}]: ${appArmorWarning}`]
  })
}

/** By now the annotation was copied into the field where it could be. */
function podAppArmorWarnings(metadata: ObjectMeta, spec: PodSpec): string[] {
  return containersWithPath('', spec).flatMap(([, { name }]) => {
    const key = appArmorAnnotation + name
    return metadata.annotations?.[key] === undefined ? [] : [`metadata.annotations[${key}]: ${appArmorWarning}`]
  })
}
