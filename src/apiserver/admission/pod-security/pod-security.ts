/** Holds pods to the Pod Security level that their namespace's labels name (https://kubernetes.io/docs/concepts/security/pod-security-admission/). */
import { type FieldError, invalid } from '../../../api/errors.ts'
import { groupResource, type KubeObject } from '../../../api/meta.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { Namespace, Pod, PodTemplateSpec } from '../../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { Objects } from '../../objects.ts'
import { type AdmissionPlugin, forbid } from '../plugin.ts'
import { baselineChecks } from './baseline.ts'
import { restrictedChecks } from './restricted.ts'
import { type Check, type CheckedPod, checkedPod } from './violation.ts'

const prefix = 'pod-security.kubernetes.io/'
const levels = ['privileged', 'baseline', 'restricted'] as const
type Level = (typeof levels)[number]
type Mode = 'enforce' | 'audit' | 'warn'

const checks: Record<Level, readonly Check[]> = {
  privileged: [],
  baseline: baselineChecks,
  restricted: restrictedChecks,
}

export function podSecurity(objects: Objects): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    async validate(attributes) {
      if (groupResource(attributes.resource) === 'namespaces') {
        refuseBadLabels(attributes)
        return
      }
      const subject = subjectOf(attributes)
      if (!subject) return
      const namespace = await objects.get(coreV1.namespaces, attributes.namespace)
      if (namespace) judge(attributes, subject, namespace)
    },
  }
}

/** `violates`-style text, undefined when the pod passes. Pure. */
export function violations(level: Level, pod: CheckedPod): string | undefined {
  const found = checks[level].flatMap((check) => check(pod) ?? [])
  return found.length === 0 ? undefined : found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')
}

interface Subject {
  pod: CheckedPod
  /** A template only warns: its pods will be judged when they come. */
  enforced: boolean
}

function judge(attributes: AdmissionAttributes, { pod, enforced }: Subject, namespace: Namespace): void {
  const enforce = policyOf(namespace, 'enforce')
  const refused = enforced ? violations(enforce.level, pod) : undefined
  if (refused) throw forbid(attributes, `violates PodSecurity "${enforce.level}:${enforce.version}": ${refused}`)
  const warn = policyOf(namespace, 'warn')
  const warned = violations(warn.level, pod)
  if (warned) attributes.warn(`would violate PodSecurity "${warn.level}:${warn.version}": ${warned}`)
}

/** A label that cannot be read counts as the strictest level; without a label everything is allowed. */
function policyOf({ metadata }: Namespace, mode: Mode): { level: Level; version: string } {
  const label = metadata.labels?.[prefix + mode]
  const version = metadata.labels?.[`${prefix}${mode}-version`] ?? 'latest'
  if (label === undefined) return { level: 'privileged', version }
  return { level: levels.find((level) => level === label) ?? 'restricted', version }
}

const withTemplate: ReadonlySet<string> = new Set([
  'cronjobs.batch',
  'daemonsets.apps',
  'deployments.apps',
  'jobs.batch',
  'podtemplates',
  'replicasets.apps',
  'replicationcontrollers',
  'statefulsets.apps',
])

function subjectOf(attributes: AdmissionAttributes): Subject | undefined {
  const { operation, subresource, object, oldObject } = attributes
  const resource = groupResource(attributes.resource)
  if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined
  if (resource === 'pods' && (subresource === '' || subresource === 'ephemeralcontainers')) {
    if (oldObject && !isSignificant(object as Pod, oldObject as Pod)) return undefined
    return { pod: checkedPod(object as Pod), enforced: true }
  }
  if (!withTemplate.has(resource) || subresource !== '') return undefined
  const template = templateOf(object)
  return template && { pod: checkedPod(template), enforced: false }
}

function templateOf(object: KubeObject): PodTemplateSpec | undefined {
  const { template, spec } = object as {
    template?: PodTemplateSpec
    spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } }
  }
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template
}

/** Whether an update changes what a check may look at: images, containers, annotations. */
function isSignificant(pod: Pod, old: Pod): boolean {
  const relevant = ({ metadata, spec }: Pod) => {
    const containers = [
      ...(spec?.initContainers ?? []),
      ...(spec?.containers ?? []),
      ...(spec?.ephemeralContainers ?? []),
    ]
    const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name.includes('apparmor'))
    return JSON.stringify([containers.map(({ name, image }) => [name, image]), annotations.sort()])
  }
  return relevant(pod) !== relevant(old)
}

/** Labels that an update leaves as they were stay allowed. */
function refuseBadLabels({ operation, object, oldObject, subresource }: AdmissionAttributes): void {
  if (!object || subresource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return
  const { labels = {} } = object.metadata
  const errors: FieldError[] = []
  for (const mode of ['enforce', 'audit', 'warn']) {
    const checked: [string, RegExp, string][] = [
      [prefix + mode, /^(privileged|baseline|restricted)$/, 'must be one of privileged, baseline, restricted'],
      [`${prefix}${mode}-version`, /^(latest|v1\.(0|[1-9][0-9]*))$/, 'must be "latest" or "v1.x"'],
    ]
    for (const [name, pattern, detail] of checked) {
      const value = labels[name]
      if (value === undefined || pattern.test(value) || oldObject?.metadata.labels?.[name] === value) continue
      errors.push({ type: 'Invalid', path: `metadata.labels[${name}]`, value, detail })
    }
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'Namespace' }, object.metadata.name ?? '', errors)
}
