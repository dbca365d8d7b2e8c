/** The paths that say what is served and by whom, which generated clients have methods for. */
import { apiVersionOf, type GroupVersion } from '../../api/meta.ts'
import { typeByName } from '../../api/schema/registry.ts'
import type { FieldNode, StructNode } from '../../api/schema/type-node.ts'
import { capital, groupWord, lower, type Operation, objectTypes, type PathItem } from './operations.ts'

/** What these paths answer with. */
export const discoveryTypes = (): StructNode[] => [
  ...['APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList'].map((kind) => typeByName(`meta/v1.${kind}`)),
  versionType,
]

/** `/apis/apps/v1/`. */
export function versionPath(groupVersion: GroupVersion): PathItem {
  const { group, version } = groupVersion
  const word = groupWord(group)
  const prefix = group === '' ? 'api' : 'apis'
  const id = `get${word}${capital(version)}APIResources`
  const path = `/${prefix}/${apiVersionOf(groupVersion)}/`
  return item(path, `${lower(word)}_${version}`, id, 'get available resources', metaName('APIResourceList'))
}

/** `/api/` for the core group, else `/apis/apps/`. */
export function groupPath(group: string): PathItem {
  const word = groupWord(group)
  return group === ''
    ? item('/api/', lower(word), 'getCoreAPIVersions', 'get available API versions', metaName('APIVersions'))
    : item(`/apis/${group}/`, lower(word), `get${word}APIGroup`, 'get information of a group', metaName('APIGroup'))
}

/** Where the documents stand that are the same whatever is served, by the name that the index has for each. */
export function fixedPaths(): Map<string, PathItem> {
  const json = ['application/json']
  const groups = item('/apis/', 'apis', 'getAPIVersions', 'get available API versions', metaName('APIGroupList'))
  const version = item('/version/', 'version', 'getCodeVersion', 'get the version of this server', versionName, {
    consumes: json,
    produces: json,
  })
  const issuer = item(
    '/.well-known/openid-configuration/',
    'WellKnown',
    'getServiceAccountIssuerOpenIDConfiguration',
    'get the OpenID configuration of the issuer of service account tokens',
    'string',
    { consumes: [], produces: json },
  )
  const keys = item(
    '/openid/v1/jwks/',
    'openid',
    'getServiceAccountIssuerOpenIDKeyset',
    'get the public keys that service account tokens are verified with',
    'string',
    { consumes: [], produces: ['application/jwk-set+json'] },
  )
  return new Map([
    ['.well-known/openid-configuration', issuer],
    ['apis', groups],
    ['openid/v1/jwks', keys],
    ['version', version],
  ])
}

const versionName = 'io.k8s.apimachinery.pkg.version.Info'

const versionFields: readonly [name: string, description: string][] = [
  ['major', 'Major part of the release.'],
  ['minor', 'Minor part of the release.'],
  ['emulationMajor', 'Major part of the release whose behaviour it has.'],
  ['emulationMinor', 'Minor part of the release whose behaviour it has.'],
  ['minCompatibilityMajor', 'Major part of the oldest release that may run beside it.'],
  ['minCompatibilityMinor', 'Minor part of the oldest release that may run beside it.'],
  ['gitVersion', ''],
  ['gitCommit', ''],
  ['gitTreeState', ''],
  ['buildDate', ''],
  ['goVersion', ''],
  ['compiler', ''],
  ['platform', ''],
]

const versionType: StructNode = {
  kind: 'struct',
  name: 'version.Info',
  openApiName: versionName,
  description: 'Which release a server is, and what it was built from.',
  fields: new Map(versionFields.map(([name, description]) => [name, versionField(name, description)])),
  mapType: 'granular',
  preserveUnknown: false,
}

function versionField(name: string, description: string): FieldNode {
  const required = !/^(emulation|minCompatibility)/.test(name)
  const rest = { number: 0, pointer: false, omit: required ? 'never' : 'empty' } as const
  return { name, type: { kind: 'scalar', scalar: 'string' }, description, required, ...rest }
}

function metaName(kind: string): string {
  return typeByName(`meta/v1.${kind}`).openApiName
}

function item(
  path: string,
  tag: string,
  id: string,
  description: string,
  answer: string,
  { consumes, produces } = { consumes: objectTypes, produces: objectTypes },
): PathItem {
  const get: Operation = { id, description, tag, parameters: [], consumes, produces, codes: [200], answer }
  return { path, operations: { get } }
}
