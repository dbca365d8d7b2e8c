/**
 * Kubeconfig files (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/): clusters,
 * users and contexts, with certificates inline or in files, and tokens. Exec and auth provider plugins are refused.
 */
import { posix } from 'node:path'
import type { Disk } from '../platform/disk.ts'
import type { ClientTls } from '../platform/net.ts'

/** What a connection needs. */
export interface ClusterAccess {
  server: string
  /** Namespace of the context; 'default' when it names none. */
  namespace: string
  tls: ClientTls
  token?: string
  /** Sent as impersonation headers. */
  impersonate?: { user: string; groups: string[] }
}

export interface Kubeconfig {
  'current-context'?: string
  clusters?: { name: string; cluster: KubeconfigCluster }[]
  users?: { name: string; user: KubeconfigUser }[]
  contexts?: { name: string; context: KubeconfigContext }[]
}

export interface KubeconfigContext {
  cluster: string
  user: string
  namespace?: string
}

export interface KubeconfigCluster {
  server?: string
  'certificate-authority'?: string
  'certificate-authority-data'?: string
  'insecure-skip-tls-verify'?: boolean
  'tls-server-name'?: string
}

export interface KubeconfigUser {
  'client-certificate'?: string
  'client-certificate-data'?: string
  'client-key'?: string
  'client-key-data'?: string
  token?: string
  tokenFile?: string
  as?: string
  'as-groups'?: string[]
  exec?: unknown
  'auth-provider'?: unknown
}

export class KubeconfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KubeconfigError'
  }
}

/** Reads a file and resolves what its context refers to; relative file names start at the file's directory. */
export async function loadKubeconfig(
  disk: Pick<Disk, 'readText'>,
  path: string,
  context?: string,
): Promise<ClusterAccess> {
  const config = await parseKubeconfig(await disk.readText(path))
  const read = (name: string): Promise<string> => disk.readText(posix.resolve(posix.dirname(path), name))
  return accessOf(config, read, context)
}

/** YAML or JSON. The YAML parser is loaded only for what is no JSON: it takes a process 8 MB. */
export async function parseKubeconfig(text: string): Promise<Kubeconfig> {
  let parsed: unknown
  try {
    parsed = text.startsWith('{') ? JSON.parse(text) : (await import('yaml')).parse(text, { logLevel: 'error' })
  } catch (error) {
    throw new KubeconfigError(`reading a kubeconfig: ${(error as Error).message}`, { cause: error })
  }
  if (typeof parsed !== 'object' || parsed === null) throw new KubeconfigError('reading a kubeconfig: it is empty')
  return parsed as Kubeconfig
}

/** `context` absent: the current one, or the only one. */
export async function accessOf(
  config: Kubeconfig,
  readText: (path: string) => Promise<string>,
  context?: string,
): Promise<ClusterAccess> {
  const { clusters, users, contexts } = config
  const name = context ?? config['current-context'] ?? (contexts?.length === 1 ? contexts[0]?.name : undefined)
  if (!name) throw new KubeconfigError('kubeconfig: no current-context is set')
  const {
    cluster: clusterName,
    user: userName,
    namespace = 'default',
  } = find<KubeconfigContext>('context', name, contexts)
  const cluster = find<KubeconfigCluster>('cluster', clusterName, clusters)
  const user = userName ? find<KubeconfigUser>('user', userName, users) : {}
  if (!cluster.server) throw new KubeconfigError(`kubeconfig: cluster "${clusterName}" has no server`)
  if (user.exec || user['auth-provider']) {
    throw new KubeconfigError(`kubeconfig: user "${userName}" needs a credential plugin, which is not supported`)
  }
  const token = user.token ?? (user.tokenFile ? (await readText(user.tokenFile)).trim() : undefined)
  const access: ClusterAccess = { server: cluster.server, namespace, tls: await tlsOf(cluster, user, readText) }
  if (token !== undefined) access.token = token
  if (user.as) access.impersonate = { user: user.as, groups: user['as-groups'] ?? [] }
  return access
}

async function tlsOf(
  cluster: KubeconfigCluster,
  user: KubeconfigUser,
  readText: (path: string) => Promise<string>,
): Promise<ClientTls> {
  const pem = async (data: string | undefined, file: string | undefined): Promise<string | undefined> => {
    if (data) return Buffer.from(data, 'base64').toString('utf8')
    return file ? readText(file) : undefined
  }
  const tls: ClientTls = {}
  const caPem = await pem(cluster['certificate-authority-data'], cluster['certificate-authority'])
  const certificatePem = await pem(user['client-certificate-data'], user['client-certificate'])
  const keyPem = await pem(user['client-key-data'], user['client-key'])
  if (caPem !== undefined) tls.caPem = caPem
  if (certificatePem !== undefined && keyPem !== undefined) tls.identity = { certificatePem, keyPem }
  if (cluster['insecure-skip-tls-verify'] === true) tls.insecureSkipVerify = true
  if (cluster['tls-server-name']) tls.serverName = cluster['tls-server-name']
  return tls
}

/** Members that are no text. */
const noTexts: ReadonlySet<string> = new Set([
  ...['insecure-skip-tls-verify', 'disable-compression', 'as-groups', 'as-user-extra'],
  ...['exec', 'auth-provider', 'extensions'],
])

/** What the entry of this name holds; empty when it holds nothing. */
function find<T extends object>(what: 'cluster' | 'user' | 'context', name: string, entries: unknown): T {
  const entry: unknown = Array.isArray(entries) ? entries.find((each) => each?.name === name) : undefined
  if (!entry) throw new KubeconfigError(`kubeconfig: there is no ${what} "${name}"`)
  const held: unknown = (entry as Record<string, unknown>)[what] ?? {}
  if (typeof held !== 'object') throw new KubeconfigError(`kubeconfig: ${what} "${name}" is no mapping`)
  for (const [member, value] of Object.entries(held as object)) {
    const isText = typeof value === 'string' || value === null
    if (!isText && !noTexts.has(member))
      throw new KubeconfigError(`kubeconfig: ${member} of ${what} "${name}" is no text`)
  }
  return held as T
}

export interface KubeconfigParts {
  /** Name of the cluster, and of the context. Default 'k8ts'. */
  cluster?: string
  /** Name of the user. Default 'admin'. */
  user?: string
  server: string
  caPem: string
  identity?: { certificatePem: string; keyPem: string }
  token?: string
  namespace?: string
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** As `kubeconfigText`, in JSON: for programs, which need no YAML parser then. */
export function kubeconfigJson(parts: KubeconfigParts): string {
  const { cluster = 'k8ts', user = 'admin', server, caPem, identity, token, namespace } = parts
  const config: Kubeconfig & { apiVersion: string; kind: string } = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: user, user: { ...credentials(identity), ...(token ? { token } : {}) } }],
    contexts: [{ name: cluster, context: { cluster, user, ...(namespace ? { namespace } : {}) } }],
    'current-context': cluster,
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}

function credentials(identity: KubeconfigParts['identity']): KubeconfigUser {
  if (!identity) return {}
  const { certificatePem, keyPem } = identity
  return { 'client-certificate-data': base64(certificatePem), 'client-key-data': base64(keyPem) }
}

/** A file with one context, certificates inline. Write it with mode 0600: it holds a key. */
export function kubeconfigText(parts: KubeconfigParts): string {
  const { cluster = 'k8ts', user = 'admin', server, caPem, identity, token, namespace } = parts
  const lines = [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- name: ${JSON.stringify(cluster)}`,
    '  cluster:',
    `    server: ${JSON.stringify(server)}`,
    `    certificate-authority-data: ${base64(caPem)}`,
    'users:',
    `- name: ${JSON.stringify(user)}`,
    identity || token ? '  user:' : '  user: {}',
  ]
  if (identity) {
    lines.push(`    client-certificate-data: ${base64(identity.certificatePem)}`)
    lines.push(`    client-key-data: ${base64(identity.keyPem)}`)
  }
  if (token) lines.push(`    token: ${JSON.stringify(token)}`)
  lines.push('contexts:', `- name: ${JSON.stringify(cluster)}`, '  context:')
  lines.push(`    cluster: ${JSON.stringify(cluster)}`, `    user: ${JSON.stringify(user)}`)
  if (namespace) lines.push(`    namespace: ${JSON.stringify(namespace)}`)
  lines.push(`current-context: ${JSON.stringify(cluster)}`, 'preferences: {}', '')
  return lines.join('\n')
}
