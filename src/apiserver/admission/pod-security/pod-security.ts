/** Holds pods to the Pod Security level that their namespace's labels name (https://kubernetes.io/docs/concepts/security/pod-security-admission/). */
import { type FieldError, invalid } from '../../../api/errors.ts'
import { groupResource, type KubeObject } from '../../../api/meta.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { Namespace, Pod, PodTemplateSpec } from '../../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { AdmissionMetrics } from '../../metrics/security-metrics.ts'
import { versionInfo } from '../../nonresource/version.ts'
import type { Objects } from '../../objects.ts'
import { type AdmissionPlugin, forbid } from '../plugin.ts'
import { type Mode, modes, type PodSecurityOptions, standardPodSecurity } from './configuration.ts'
import { warnOfExistingPods } from './existing-pods.ts'
import { type LevelVersion, levelPattern, levels, textOf, versionPattern, violations } from './standards.ts'
import { type CheckedPod, checkedPod } from './violation.ts'

const prefix = 'pod-security.kubernetes.io/'

type Metrics = Pick<AdmissionMetrics, 'podSecurity' | 'podSecurityExempt'>

export function podSecurity(
  objects: Objects,
  options: PodSecurityOptions = standardPodSecurity,
  metrics?: Metrics,
): AdmissionPlugin {
  const { exemptions } = options
  const exempt = ({ annotate, operation, subresource }: AdmissionAttributes, why: string, isPod: boolean) => {
    annotate?.(`${prefix}exempt`, why)
    metrics?.podSecurityExempt({ operation, subresource, isPod })
  }
  return {
    name: 'PodSecurity',
    resources: ['namespaces', 'pods', ...withTemplate],
    async validate(attributes) {
      if (groupResource(attributes.resource) === 'namespaces') {
        await checkNamespace(objects, attributes, options)
        return
      }
      const subject = subjectOf(attributes)
      if (!subject) return
      const { namespace, user } = attributes
      if (exemptions.namespaces.has(namespace)) return exempt(attributes, 'namespace', subject.enforced)
      if (exemptions.usernames.has(user.name)) return exempt(attributes, 'user', subject.enforced)
      const found = await objects.get(coreV1.namespaces, namespace)
      if (!found) return
      if (exemptions.runtimeClasses.has(subject.pod.spec.runtimeClassName ?? ''))
        return exempt(attributes, 'runtimeClass', subject.enforced)
      const policy = (mode: Mode) => (mode === 'warn' ? warnedPolicyOf(found, options) : policyOf(found, mode, options))
      judge(attributes, subject, { policy, metrics })
    },
  }
}

interface Subject {
  pod: CheckedPod
  /** A template only warns: its pods will be judged when they come. */
  enforced: boolean
}

function judge(
  attributes: AdmissionAttributes,
  { pod, enforced }: Subject,
  { policy, metrics }: { policy: (mode: Mode) => LevelVersion; metrics: Metrics | undefined },
): void {
  const [enforce, audit, warn] = [policy('enforce'), policy('audit'), policy('warn')]
  const { operation, subresource } = attributes
  const count = (mode: Mode, { level, version }: LevelVersion, decision: 'allow' | 'deny') => {
    const told = { decision, mode, level, version: countedVersion(version) }
    metrics?.podSecurity(told, { operation, subresource, isPod: enforced })
  }
  const refused = enforced ? violations(enforce, pod) : undefined
  if (enforced) {
    attributes.annotate?.(`${prefix}enforce-policy`, textOf(enforce))
    count('enforce', enforce, refused ? 'deny' : 'allow')
  }
  const audited = violations(audit, pod)
  if (audited) {
    const text = `would violate PodSecurity "${textOf(audit)}": ${audited.details}`
    attributes.annotate?.(`${prefix}audit-violations`, text)
    count('audit', audit, 'deny')
  }
  if (refused) throw forbid(attributes, `violates PodSecurity "${textOf(enforce)}": ${refused.details}`)
  const warned = violations(warn, pod)
  if (!warned) return
  attributes.warn(`would violate PodSecurity "${textOf(warn)}": ${warned.details}`)
  count('warn', warn, 'deny')
}

/** Labels may name any version: those to come are counted as one. */
function countedVersion(version: string): string {
  return version !== 'latest' && Number(version.slice('v1.'.length)) > Number(versionInfo().minor) ? 'future' : version
}

type Labelled = Pick<Namespace, 'metadata'>

/** Of labels that cannot be read: enforces the strictest level, warns and audits nothing; the newest version. */
function policyOf({ metadata }: Labelled, mode: Mode, { defaults }: PodSecurityOptions): LevelVersion {
  const { [prefix + mode]: level, [`${prefix}${mode}-version`]: version } = metadata.labels ?? {}
  const unreadable = mode === 'enforce' ? 'restricted' : 'privileged'
  return {
    level: level === undefined ? defaults[mode].level : (levels.find((one) => one === level) ?? unreadable),
    version: version === undefined ? defaults[mode].version : versionPattern.test(version) ? version : 'latest',
  }
}

/** What a namespace enforces by a label of its own it also warns of, unless it says what it warns of. */
function warnedPolicyOf(namespace: Labelled, options: PodSecurityOptions): LevelVersion {
  const warn = policyOf(namespace, 'warn', options)
  const { labels = {} } = namespace.metadata
  const enforced = levels.find((one) => one === labels[`${prefix}enforce`])
  if (labels[`${prefix}warn`] !== undefined || !enforced) return warn
  if (levels.indexOf(enforced) <= levels.indexOf(warn.level)) return warn
  const isVersioned = labels[`${prefix}warn-version`] !== undefined
  return { level: enforced, version: isVersioned ? warn.version : policyOf(namespace, 'enforce', options).version }
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

/** Subresources of pods that bring no container. All others are judged, also those that are not known yet. */
const ignored: ReadonlySet<string> = new Set([
  ...['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'],
])

function subjectOf(attributes: AdmissionAttributes): Subject | undefined {
  const { operation, subresource, object, oldObject } = attributes
  const resource = groupResource(attributes.resource)
  if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined
  if (resource === 'pods' && !ignored.has(subresource)) {
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
    const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => /apparmor|seccomp/.test(name))
    return JSON.stringify([containers.map(({ name, image }) => [name, image]), annotations.sort()])
  }
  return relevant(pod) !== relevant(old)
}

async function checkNamespace(
  objects: Objects,
  attributes: AdmissionAttributes,
  options: PodSecurityOptions,
): Promise<void> {
  const { operation, object, oldObject, subresource } = attributes
  if (!object || subresource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return
  refuseBadLabels(object, oldObject)
  if (!oldObject || options.exemptions.namespaces.has(attributes.name)) return
  const [next, before] = [policyOf(object, 'enforce', options), policyOf(oldObject, 'enforce', options)]
  const isStricter = levels.indexOf(next.level) > levels.indexOf(before.level)
  if (next.level === 'privileged' || (next.version === before.version && !isStricter)) return
  await warnOfExistingPods(objects, attributes, { policy: next, exemptions: options.exemptions })
}

/** Labels that an update leaves as they were stay allowed. */
function refuseBadLabels(object: KubeObject, oldObject: KubeObject | undefined): void {
  const { labels = {} } = object.metadata
  const errors: FieldError[] = []
  for (const mode of modes) {
    const checked: [string, RegExp, string][] = [
      [prefix + mode, levelPattern, 'must be one of privileged, baseline, restricted'],
      [`${prefix}${mode}-version`, versionPattern, 'must be "latest" or "v1.x"'],
    ]
    for (const [name, pattern, detail] of checked) {
      const value = labels[name]
      if (value === undefined || pattern.test(value) || oldObject?.metadata.labels?.[name] === value) continue
      errors.push({ type: 'Invalid', path: `metadata.labels[${name}]`, value, detail })
    }
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'Namespace' }, object.metadata.name ?? '', errors)
}
