/**
 * Which group versions and resources a server offers: `--runtime-config` and the feature gates that some resources also
 * need. Stable versions are on, beta and alpha ones off, unless somebody says otherwise.
 * Source: https://kubernetes.io/docs/reference/using-api/#enabling-or-disabling.
 */
import type { Resource } from '../../api/meta.ts'
import { groupVersionInfos } from '../../api/schema/registry.ts'
import type { BuiltInOptions } from './scheme.ts'

export class ApiConfigError extends Error {
  override name = 'ApiConfigError'
}

/** Gates that this server has; each lets resources be served once their version is switched on. */
export interface FeatureGate {
  default: boolean
  stage: 'ALPHA' | 'BETA' | 'GA'
  /** `plural.group` */
  resources: readonly string[]
}

export const featureGates: Readonly<Record<string, FeatureGate>> = {
  ClusterTrustBundle: { default: false, stage: 'BETA', resources: ['clustertrustbundles.certificates.k8s.io'] },
  ConstrainedImpersonation: { default: true, stage: 'BETA', resources: [] },
  CoordinatedLeaderElection: { default: false, stage: 'BETA', resources: ['leasecandidates.coordination.k8s.io'] },
  DRADeviceTaintRules: { default: false, stage: 'BETA', resources: ['devicetaintrules.resource.k8s.io'] },
  DRAResourcePoolStatus: {
    default: false,
    stage: 'ALPHA',
    resources: ['resourcepoolstatusrequests.resource.k8s.io'],
  },
  GenericWorkload: {
    default: false,
    stage: 'ALPHA',
    resources: ['podgroups.scheduling.k8s.io', 'workloads.scheduling.k8s.io'],
  },
  PodCertificateRequest: {
    default: false,
    stage: 'BETA',
    resources: ['podcertificaterequests.certificates.k8s.io'],
  },
  StorageVersionMigrator: {
    default: true,
    stage: 'BETA',
    resources: ['storageversionmigrations.storagemigration.k8s.io'],
  },
}

/** Of `NAME=true` words. Throws `ApiConfigError`. */
export function readFeatureGates(words: readonly string[]): ReadonlyMap<string, boolean> {
  const gates = new Map(Object.entries(featureGates).map(([name, gate]) => [name, gate.default]))
  for (const word of words) {
    const { key: name, on } = readSetting('--feature-gates', word)
    const stage = { AllAlpha: 'ALPHA', AllBeta: 'BETA' }[name]
    if (stage === undefined && !gates.has(name)) {
      const known = Object.keys(featureGates).join(', ')
      throw new ApiConfigError(`unrecognized feature gate: ${name}; this server can switch ${known}, AllAlpha, AllBeta`)
    }
    if (stage === undefined) continue
    for (const [other, gate] of Object.entries(featureGates)) if (gate.stage === stage) gates.set(other, on)
  }
  for (const word of words) {
    const { key: name, on } = readSetting('--feature-gates', word)
    if (gates.has(name)) gates.set(name, on)
  }
  return gates
}

/** For `createApiServer({ enabled })`. Throws `ApiConfigError` for what is unknown. */
export function enabledApis(
  runtimeConfig: readonly string[],
  gates: ReadonlyMap<string, boolean>,
): NonNullable<BuiltInOptions['enabled']> {
  const settings = new Map(runtimeConfig.map((word) => readSetting('--runtime-config', word)).map((s) => [s.key, s.on]))
  const unknown = [...settings.keys()].filter((key) => !isKnown(key))
  if (unknown.length > 0) throw new ApiConfigError(`--runtime-config: unknown api ${unknown.join(', ')}`)
  if (settings.get('v1') === false || settings.get('api/all') === false) {
    throw new ApiConfigError('--runtime-config: v1 and api/all cannot be switched off: nothing works without them')
  }
  return (resource, stable) => isEnabled(resource, stable, settings, gates)
}

function isEnabled(
  { group, version, plural }: Resource,
  stable: boolean,
  settings: ReadonlyMap<string, boolean>,
  gates: ReadonlyMap<string, boolean>,
): boolean {
  const gate = Object.entries(featureGates).find(([, { resources }]) => resources.includes(`${plural}.${group}`))
  if (gate && gates.get(gate[0]) !== true) return false
  const groupVersion = group === '' ? version : `${group}/${version}`
  const level = version.includes('alpha') ? 'api/alpha' : version.includes('beta') ? 'api/beta' : 'api/ga'
  for (const key of [`${groupVersion}/${plural}`, groupVersion, level, 'api/all']) {
    const on = settings.get(key)
    if (on !== undefined) return on
  }
  return stable
}

function isKnown(key: string): boolean {
  if (['api/all', 'api/ga', 'api/beta', 'api/alpha'].includes(key)) return true
  return groupVersionInfos().some(({ group, version, resources }) => {
    const groupVersion = group === '' ? version : `${group}/${version}`
    return key === groupVersion || resources.some(({ resource }) => key === `${groupVersion}/${resource.plural}`)
  })
}

function readSetting(flag: string, word: string): { key: string; on: boolean } {
  const [key = '', value = 'true', ...more] = word.split('=')
  const on = { '': true, true: true, '1': true, false: false, '0': false }[value.toLowerCase()]
  if (key === '' || on === undefined || more.length > 0) {
    throw new ApiConfigError(`${flag}: want NAME=true or NAME=false, got ${JSON.stringify(word)}`)
  }
  return { key, on }
}
