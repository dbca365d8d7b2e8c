/**
 * Which group versions and resources a server offers: `--runtime-config` and the feature gates that some resources also
 * need. Stable versions are on, beta and alpha ones off, unless somebody says otherwise.
 * Source: https://kubernetes.io/docs/reference/using-api/#enabling-or-disabling.
 */
import type { Resource } from '../../api/meta.ts'
import { groupVersionInfos } from '../../api/schema/registry.ts'
import { ApiConfigError, type Gates, gatedResources } from './feature-gates.ts'
import type { BuiltInOptions } from './scheme.ts'

/** For `createApiServer({ enabled })`. Throws `ApiConfigError` for what is unknown. */
export function enabledApis(runtimeConfig: readonly string[], gates: Gates): NonNullable<BuiltInOptions['enabled']> {
  const settings = new Map(runtimeConfig.map(readSetting).map((s) => [s.key, s.on]))
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
  gates: Gates,
): boolean {
  const gate = Object.entries(gatedResources).find(([, resources]) => resources.includes(`${plural}.${group}`))
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

function readSetting(word: string): { key: string; on: boolean } {
  const [key = '', value = 'true', ...more] = word.split('=')
  const on = { '': true, true: true, '1': true, false: false, '0': false }[value.toLowerCase()]
  if (key === '' || on === undefined || more.length > 0) {
    throw new ApiConfigError(`--runtime-config: want NAME=true or NAME=false, got ${JSON.stringify(word)}`)
  }
  return { key, on }
}
