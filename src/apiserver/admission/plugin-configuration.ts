/**
 * The file of `--admission-control-config-file`: settings of single admission steps.
 * Source: https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-AdmissionConfiguration
 */
import { posix } from 'node:path'
import { parseJson } from '../../api/codec/json.ts'
import { type ClusterAccess, loadKubeconfig } from '../../client/kubeconfig.ts'
import type { Disk } from '../../platform/disk.ts'
import type { EventLimit, EventLimitType } from './event-rate-limit.ts'
import type { ImagePolicyOptions } from './image-policy.ts'
import { type PodSecurityOptions, readPodSecurityConfiguration } from './pod-security/configuration.ts'
import type { TolerationLists } from './pod-toleration-restriction.ts'

export interface PluginConfiguration {
  podSecurity?: PodSecurityOptions
  podNodeSelectors?: ReadonlyMap<string, string>
  tolerations?: TolerationLists
  eventLimits?: readonly EventLimit[]
  imagePolicy?: ImagePolicyOptions
}

type Fields = Readonly<Record<string, unknown>>

/** Relative names of files start at the configuration's own directory. Throws with what is wrong, and where. */
export async function readPluginConfiguration(
  disk: Pick<Disk, 'readText'>,
  path: string,
): Promise<PluginConfiguration> {
  const document = fieldsOf(await readDocument(disk, path), path)
  if (document.kind !== 'AdmissionConfiguration' || document.apiVersion !== 'apiserver.config.k8s.io/v1') {
    throw new Error(`${path}: kind AdmissionConfiguration of apiVersion apiserver.config.k8s.io/v1 is required`)
  }
  const directory = posix.dirname(path)
  const result: PluginConfiguration = {}
  for (const [index, entry] of listOf(document.plugins).entries()) {
    const plugin = fieldsOf(entry, `${path}: plugins[${index}]`)
    const own =
      typeof plugin.path === 'string' && plugin.path !== '' ? posix.resolve(directory, plugin.path) : undefined
    if (own !== undefined && plugin.configuration)
      throw new Error(`${path}: plugins[${index}]: both path and configuration`)
    const settings = own === undefined ? plugin.configuration : await readDocument(disk, own)
    const read = readers[String(plugin.name)]
    if (!read) throw new Error(`${path}: plugins[${index}]: ${JSON.stringify(plugin.name)} has no settings here`)
    Object.assign(
      result,
      await read(fieldsOf(settings, own ?? `${path}: plugins[${index}].configuration`), { disk, directory }),
    )
  }
  return result
}

async function readDocument(disk: Pick<Disk, 'readText'>, path: string): Promise<unknown> {
  const text = await disk.readText(path)
  if (text.trimStart().startsWith('{')) return parseJson(text).value
  const { parseYaml } = await import('../../api/codec/yaml.ts')
  return parseYaml(text).value
}

interface Place {
  disk: Pick<Disk, 'readText'>
  directory: string
}

type Reader = (settings: Fields, place: Place) => PluginConfiguration | Promise<PluginConfiguration>

const readers: Readonly<Record<string, Reader | undefined>> = Object.assign(Object.create(null), {
  PodSecurity: (settings: Fields) => ({ podSecurity: readPodSecurityConfiguration(settings) }),
  PodNodeSelector: ({ podNodeSelectorPluginConfig }: Fields) => ({
    podNodeSelectors: new Map(
      Object.entries(fieldsOf(podNodeSelectorPluginConfig, 'podNodeSelectorPluginConfig')).map(([key, value]) => [
        key,
        String(value),
      ]),
    ),
  }),
  PodTolerationRestriction: (settings: Fields) => ({
    tolerations: { default: listOf(settings.default), whitelist: listOf(settings.whitelist) },
  }),
  EventRateLimit: ({ limits }: Fields) => ({ eventLimits: listOf(limits).map(readLimit) }),
  ImagePolicyWebhook: readImagePolicy,
} satisfies Record<string, unknown>)

const limitTypes: readonly EventLimitType[] = ['Server', 'Namespace', 'User', 'SourceAndObject']

function readLimit(entry: unknown, index: number): EventLimit {
  const at = `limits[${index}]`
  const { type, qps, burst, cacheSize = 0 } = fieldsOf(entry, at)
  const known = limitTypes.find((one) => one === type)
  if (!known)
    throw new Error(
      `${at}.type: Unsupported value: ${JSON.stringify(type)}: supported values: ${limitTypes.join(', ')}`,
    )
  if (!isCount(qps, 1)) throw new Error(`${at}.qps: Invalid value: ${JSON.stringify(qps)}: must be positive`)
  if (!isCount(burst, 1)) throw new Error(`${at}.burst: Invalid value: ${JSON.stringify(burst)}: must be positive`)
  if (!isCount(cacheSize, 0))
    throw new Error(`${at}.cacheSize: Invalid value: ${JSON.stringify(cacheSize)}: must not be negative`)
  return { type: known, qps, burst, ...(cacheSize === 0 ? {} : { cacheSize }) }
}

async function readImagePolicy({ imagePolicy }: Fields, { disk, directory }: Place): Promise<PluginConfiguration> {
  const settings = fieldsOf(imagePolicy, 'imagePolicy')
  const file = settings.kubeConfigFile
  if (typeof file !== 'string') throw new Error('imagePolicy.kubeConfigFile: a file name is required')
  const access: ClusterAccess = await loadKubeconfig(disk, posix.resolve(directory, file))
  return {
    imagePolicy: {
      access,
      allowMs: within(settings, 'allowTTL', { unitMs: 1000, otherwise: 300, least: 1, most: 1800 }),
      denyMs: within(settings, 'denyTTL', { unitMs: 1000, otherwise: 30, least: 1, most: 1800 }),
      retryMs: within(settings, 'retryBackoff', { unitMs: 1, otherwise: 500, least: 1, most: 300_000 }),
      defaultAllow: settings.defaultAllow === true,
    },
  }
}

/** 0 or absent: the default. */
function within(
  settings: Fields,
  name: string,
  { unitMs, otherwise, least, most }: { unitMs: number; otherwise: number; least: number; most: number },
): number {
  const value = settings[name] ?? 0
  if (value === 0) return otherwise * unitMs
  if (isCount(value, least) && value <= most) return value * unitMs
  throw new Error(`imagePolicy.${name}: valid value is between ${least} and ${most}, got ${JSON.stringify(value)}`)
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new Error(`${where}: want an object`)
}

function listOf<T = never>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : []
}
