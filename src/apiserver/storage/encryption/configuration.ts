/**
 * `EncryptionConfiguration` of `apiserver.config.k8s.io/v1`: which resources are encrypted at rest, by which providers.
 * Source: https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/
 */
import { limits } from '../../../limits.ts'

export interface EncryptionRule {
  /** `secrets`, `deployments.apps`, `*.` (the core group), `*.apps`, `*.*` */
  resources: readonly string[]
  /** The first encrypts, all decrypt. */
  providers: readonly ProviderSettings[]
}

export type ProviderSettings =
  | { kind: 'identity' }
  | { kind: 'aesgcm' | 'aescbc' | 'secretbox'; keys: readonly [KeySettings, ...KeySettings[]] }
  | { kind: 'kms'; name: string; endpoint: string; timeoutMs: number }

export interface KeySettings {
  name: string
  secret: Uint8Array
}

/** Takes the parsed YAML or JSON. Throws with every mistake, by its path; never with a key. */
export function readEncryptionConfiguration(document: unknown): EncryptionRule[] {
  const problems: string[] = []
  const { apiVersion, kind, resources } = asObject(document)
  if (kind !== 'EncryptionConfiguration' || apiVersion !== 'apiserver.config.k8s.io/v1') {
    problems.push('kind EncryptionConfiguration of apiVersion apiserver.config.k8s.io/v1 is required')
  }
  const names = new Set<string>()
  const rules = asList(resources).map((entry, index) =>
    readRule(asObject(entry), `resources[${index}]`, { problems, names }),
  )
  if (rules.length === 0) problems.push('resources: Required value: at least one resources is required')
  if (problems.length > 0) throw new Error(`read the encryption configuration: ${problems.join('; ')}`)
  return rules
}

/** The first rule that names the resource. */
export function ruleFor(
  rules: readonly EncryptionRule[],
  { group, plural }: { group: string; plural: string },
): EncryptionRule | undefined {
  const own = group === '' ? [plural, '*.', '*.*'] : [`${plural}.${group}`, `*.${group}`, '*.*']
  // `secrets.` is another way to write the core group.
  return rules.find(({ resources }) => resources.some((each) => own.includes(each.replace(/^([^*]+)\.$/, '$1'))))
}

interface Context {
  problems: string[]
  names: Set<string>
}

function readRule(entry: Record<string, unknown>, path: string, context: Context): EncryptionRule {
  const resources = asList(entry.resources).map(String)
  const providers = asList(entry.providers)
  const { problems } = context
  if (resources.length === 0) problems.push(`${path}.resources: Required value`)
  if (providers.length === 0) problems.push(`${path}.providers: Required value`)
  for (const [index, resource] of resources.entries()) {
    const problem = problemOf(resource)
    if (problem) problems.push(`${path}.resources[${index}]: Invalid value: "${resource}": ${problem}`)
  }
  return {
    resources,
    providers: providers.flatMap((each, index) => readProvider(asObject(each), `${path}.providers[${index}]`, context)),
  }
}

function problemOf(resource: string): string | undefined {
  if (resource.toLowerCase() !== resource) return 'resource name should not contain capital letters'
  if (resource === '*') {
    return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
  }
  if (/\.events\.k8s\.io$|^events\.k8s\.io$/.test(resource)) {
    return "objects of events.k8s.io are stored as 'events': name these"
  }
  if (/^[^*]+\.\*$/.test(resource)) return 'encrypting the same resource across groups is not supported'
  return undefined
}

const keySizes = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] } as const

function readProvider(entry: Record<string, unknown>, path: string, context: Context): ProviderSettings[] {
  const kinds = ['identity', 'aesgcm', 'aescbc', 'secretbox', 'kms'] as const
  const [kind, ...others] = kinds.filter((each) => entry[each] !== undefined)
  if (!kind || others.length > 0) {
    context.problems.push(`${path}: exactly one provider is required: ${kinds.join(', ')}`)
    return []
  }
  if (kind === 'identity') return [{ kind }]
  const settings = asObject(entry[kind])
  if (kind === 'kms') return readKms(settings, `${path}.kms`, context)
  const keys = asList(settings.keys).map((key, index) =>
    readKey(asObject(key), `${path}.${kind}.keys[${index}]`, keySizes[kind], context.problems),
  )
  const [first, ...rest] = keys
  if (first) return [{ kind, keys: [first, ...rest] }]
  context.problems.push(`${path}.${kind}.keys: Required value: at least one keys is required`)
  return []
}

function readKey(
  { name, secret }: Record<string, unknown>,
  path: string,
  sizes: readonly number[],
  problems: string[],
): KeySettings {
  if (typeof name !== 'string' || name === '') problems.push(`${path}.name: Required value`)
  const bytes = Buffer.from(typeof secret === 'string' ? secret : '', 'base64')
  if (typeof secret !== 'string' || secret === '') problems.push(`${path}.secret: Required value`)
  else if (bytes.toString('base64') !== secret.trim()) {
    problems.push(`${path}.secret: Invalid value: "REDACTED": secrets must be base64 encoded`)
  } else if (!sizes.includes(bytes.length)) {
    const expected = `[${sizes.join(' ')}]`
    problems.push(
      `${path}.secret: Invalid value: "REDACTED": secret is not of the expected length, got ${bytes.length}, expected one of ${expected}`,
    )
  }
  return { name: String(name), secret: bytes }
}

function readKms(settings: Record<string, unknown>, path: string, { problems, names }: Context): ProviderSettings[] {
  const { apiVersion = 'v1', name = '', endpoint = '', timeout } = settings as Record<string, string>
  if (apiVersion !== 'v2')
    problems.push(`${path}.apiVersion: unsupported apiVersion ${apiVersion}, only v2 is supported`)
  if (name === '' || name.includes(':') || names.has(name)) {
    problems.push(`${path}.name: Invalid value: "${name}": a unique name without ':' is required`)
  }
  names.add(name)
  if (!/^unix:\/\//.test(endpoint))
    problems.push(`${path}.endpoint: Invalid value: "${endpoint}": only unix is supported`)
  const timeoutMs = timeout === undefined ? limits.kmsCallTimeoutMs : durationMs(timeout)
  if (!(timeoutMs > 0))
    problems.push(`${path}.timeout: Invalid value: "${timeout}": timeout should be a positive value`)
  return [{ kind: 'kms', name, endpoint, timeoutMs }]
}

/** `3s`, `500ms`, `1m30s` */
function durationMs(text: string): number {
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return Number.NaN
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0)
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
