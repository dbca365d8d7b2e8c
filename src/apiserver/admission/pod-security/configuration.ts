/**
 * What holds in namespaces without labels, and who is exempt.
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/
 */
import { type Level, type LevelVersion, levelPattern, versionPattern } from './standards.ts'

export type Mode = 'enforce' | 'audit' | 'warn'
export const modes: readonly Mode[] = ['enforce', 'audit', 'warn']

export interface PodSecurityOptions {
  defaults: Readonly<Record<Mode, LevelVersion>>
  exemptions: {
    usernames: ReadonlySet<string>
    namespaces: ReadonlySet<string>
    runtimeClasses: ReadonlySet<string>
  }
}

const privileged: LevelVersion = { level: 'privileged', version: 'latest' }

export const standardPodSecurity: PodSecurityOptions = {
  defaults: { enforce: privileged, audit: privileged, warn: privileged },
  exemptions: { usernames: new Set(), namespaces: new Set(), runtimeClasses: new Set() },
}

/** Takes a PodSecurityConfiguration. Throws with every mistake, by its path. */
export function readPodSecurityConfiguration(document: Readonly<Record<string, unknown>>): PodSecurityOptions {
  const problems: string[] = []
  if (
    document.kind !== 'PodSecurityConfiguration' ||
    !/^pod-security\.admission\.config\.k8s\.io\/v1(beta1|alpha1)?$/.test(String(document.apiVersion))
  ) {
    problems.push('kind PodSecurityConfiguration of apiVersion pod-security.admission.config.k8s.io/v1 is required')
  }
  const defaults = asFields(document.defaults)
  const read = (mode: Mode) => readDefault(defaults, mode, problems)
  const exemptions = asFields(document.exemptions)
  const names = (name: string) => readNames(exemptions[name], `exemptions.${name}`, problems)
  const options = {
    defaults: { enforce: read('enforce'), audit: read('audit'), warn: read('warn') },
    exemptions: {
      usernames: names('usernames'),
      namespaces: names('namespaces'),
      runtimeClasses: names('runtimeClasses'),
    },
  }
  if (problems.length > 0) throw new Error(`PodSecurityConfiguration: ${problems.join('; ')}`)
  return options
}

function readDefault(defaults: Readonly<Record<string, unknown>>, mode: Mode, problems: string[]): LevelVersion {
  const level = String(defaults[mode] ?? '') || 'privileged'
  const version = String(defaults[`${mode}-version`] ?? '') || 'latest'
  if (!levelPattern.test(level)) {
    problems.push(
      `defaults.${mode}: Invalid value: ${JSON.stringify(level)}: must be one of privileged, baseline, restricted`,
    )
  }
  if (!versionPattern.test(version)) {
    problems.push(`defaults.${mode}-version: Invalid value: ${JSON.stringify(version)}: must be "latest" or "v1.x"`)
  }
  return { level: level as Level, version }
}

function readNames(value: unknown, path: string, problems: string[]): ReadonlySet<string> {
  const names = Array.isArray(value) ? value : []
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || name === '')
      problems.push(`${path}[${index}]: Invalid value: ${JSON.stringify(name)}`)
    else if (names.indexOf(name) < index) problems.push(`${path}[${index}]: Duplicate value: ${JSON.stringify(name)}`)
  }
  return new Set(names.filter((name) => typeof name === 'string'))
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
