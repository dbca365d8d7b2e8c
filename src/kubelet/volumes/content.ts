/**
 * The files of ConfigMap, Secret, downward API and projected volumes, as data: path → bytes and mode.
 * Source: https://kubernetes.io/docs/concepts/storage/volumes/, https://kubernetes.io/docs/concepts/storage/projected-volumes/
 */
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  ProjectedVolumeSource,
  Secret,
  Volume,
} from '../../api/types/core/v1.ts'
import { type Addresses, fieldValue, resourceValue } from '../pod/field-path.ts'
import { namespaceOf } from '../pod/names.ts'
import { MissingReference, type References } from '../references.ts'

export interface FileContent {
  bytes: Uint8Array
  mode: number
}

/** By path relative to the volume. */
export type Payload = Map<string, FileContent>

export interface TokenSource {
  token(pod: Pod, request: { audience: string; expirationSeconds: number }): Promise<string>
}

export interface ContentSources {
  references: References
  tokens: TokenSource
  addresses: Addresses
  allocatable: Record<string, string>
  /** Read anew what could be older than the pod. */
  fresh: boolean
}

const defaultFileMode = 0o644
const defaultTokenSeconds = 3600

export function hasContent(volume: Volume): boolean {
  return Boolean(volume.configMap || volume.secret || volume.downwardAPI || volume.projected)
}

/** Throws `MissingReference` with upstream's text when something that is not optional is missing. */
export async function volumeContent(pod: Pod, volume: Volume, sources: ContentSources): Promise<Payload> {
  if (volume.configMap) {
    const { name = '', items, optional, defaultMode = defaultFileMode } = volume.configMap
    return configMapFiles(pod, { name, items, optional, mode: defaultMode }, sources)
  }
  if (volume.secret) {
    const { secretName = '', items, optional, defaultMode = defaultFileMode } = volume.secret
    return secretFiles(pod, { name: secretName, items, optional, mode: defaultMode }, sources)
  }
  if (volume.downwardAPI) {
    const { items = [], defaultMode = defaultFileMode } = volume.downwardAPI
    return downwardFiles(pod, items, defaultMode, sources)
  }
  return projectedFiles(pod, volume.projected ?? {}, sources)
}

async function projectedFiles(pod: Pod, projected: ProjectedVolumeSource, sources: ContentSources): Promise<Payload> {
  const mode = projected.defaultMode ?? defaultFileMode
  const payload: Payload = new Map()
  for (const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } of projected.sources ?? []) {
    let files: Payload = new Map()
    if (configMap) {
      const { name = '', items, optional } = configMap
      files = await configMapFiles(pod, { name, items, optional, mode }, sources)
    } else if (secret) {
      const { name = '', items, optional } = secret
      files = await secretFiles(pod, { name, items, optional, mode }, sources)
    } else if (downwardAPI) files = downwardFiles(pod, downwardAPI.items ?? [], mode, sources)
    else if (serviceAccountToken) {
      const { audience = '', expirationSeconds = defaultTokenSeconds, path } = serviceAccountToken
      const token = await sources.tokens.token(pod, { audience, expirationSeconds })
      files.set(path, { bytes: Buffer.from(token), mode: tokenMode(pod, mode) })
    } else if (clusterTrustBundle && !clusterTrustBundle.optional)
      throw new Error('this node does not project ClusterTrustBundles')
    for (const [path, file] of files) payload.set(path, file)
  }
  return payload
}

/** A token is for the one user of the pod's containers where they agree, or for the pod's file system group. */
function tokenMode(pod: Pod, mode: number): number {
  if (pod.spec?.securityContext?.fsGroup !== undefined) return 0o600
  return singleUser(pod) === undefined ? mode : 0o600
}

/** The user that all containers run as; undefined when they differ or leave it to the image. */
export function singleUser(pod: Pod): number | undefined {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const users = new Set(
    containers.map(({ securityContext }) => securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser),
  )
  return users.size === 1 ? [...users][0] : undefined
}

interface KeyedSource {
  name: string
  items: KeyToPath[] | undefined
  optional: boolean | undefined
  mode: number
}

async function configMapFiles(pod: Pod, source: KeyedSource, sources: ContentSources): Promise<Payload> {
  const map = await sources.references.configMap(namespaceOf(pod), source.name, { fresh: sources.fresh })
  if (!map) return missing(source, `configmap "${source.name}" not found`)
  return chooseKeys(bytesOfConfigMap(map), source, (key) => `references non-existent config key: ${key}`)
}

async function secretFiles(pod: Pod, source: KeyedSource, sources: ContentSources): Promise<Payload> {
  const secret = await sources.references.secret(namespaceOf(pod), source.name, { fresh: sources.fresh })
  if (!secret) return missing(source, `secret "${source.name}" not found`)
  return chooseKeys(bytesOfSecret(secret), source, (key) => `references non-existent secret key: ${key}`)
}

function missing(source: KeyedSource, message: string): Payload {
  if (source.optional) return new Map()
  throw new MissingReference(message)
}

function bytesOfConfigMap({ data = {}, binaryData = {} }: ConfigMap): Map<string, Uint8Array> {
  return new Map([
    ...Object.entries(data).map(([key, text]): [string, Uint8Array] => [key, Buffer.from(text)]),
    ...Object.entries(binaryData).map(([key, text]): [string, Uint8Array] => [key, Buffer.from(text, 'base64')]),
  ])
}

function bytesOfSecret({ data = {} }: Secret): Map<string, Uint8Array> {
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64')]))
}

function chooseKeys(
  content: Map<string, Uint8Array>,
  { items, optional, mode }: KeyedSource,
  refusal: (key: string) => string,
): Payload {
  const payload: Payload = new Map()
  if (!items || items.length === 0) {
    for (const [key, bytes] of content) payload.set(key, { bytes, mode })
    return payload
  }
  for (const item of items) {
    const bytes = content.get(item.key)
    if (bytes) payload.set(item.path, { bytes, mode: item.mode ?? mode })
    else if (!optional) throw new MissingReference(refusal(item.key))
  }
  return payload
}

function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  { addresses, allocatable }: ContentSources,
): Payload {
  const payload: Payload = new Map()
  const [firstContainer] = pod.spec?.containers ?? []
  for (const item of items) {
    let text = ''
    if (item.fieldRef) text = fieldValue(pod, item.fieldRef.fieldPath, addresses)
    else if (item.resourceFieldRef && firstContainer)
      text = resourceValue(pod, firstContainer, item.resourceFieldRef, allocatable)
    payload.set(item.path, { bytes: Buffer.from(text), mode: item.mode ?? mode })
  }
  return payload
}
