/**
 * Credentials for pulling from the Secrets that a pod names in `imagePullSecrets`.
 * Source: https://kubernetes.io/docs/concepts/containers/images/#config-json
 */
import type { Pod } from '../../api/types/core/v1.ts'
import type { AuthConfig } from '../cri/message.ts'
import { namespaceOf } from '../pod/names.ts'
import type { References } from '../references.ts'
import { parseReference } from './reference.ts'

interface DockerAuth {
  username?: string
  password?: string
  auth?: string
}

/** Those that fit the image, longest registry path first. Secrets that are missing or unreadable are passed over. */
export async function pullCredentials(pod: Pod, image: string, references: References): Promise<AuthConfig[]> {
  const found: { key: string; auth: AuthConfig }[] = []
  for (const { name = '' } of pod.spec?.imagePullSecrets ?? []) {
    const secret = await references.secret(namespaceOf(pod), name)
    for (const [key, entry] of Object.entries(authsOf(secret?.data ?? {})))
      if (fits(key, image)) found.push({ key, auth: authConfig(entry) })
  }
  return found.sort((a, b) => b.key.length - a.key.length).map(({ auth }) => auth)
}

function authsOf(data: Record<string, string>): Record<string, DockerAuth> {
  const json = data['.dockerconfigjson']
  const legacy = data['.dockercfg']
  try {
    if (json)
      return (JSON.parse(Buffer.from(json, 'base64').toString()) as { auths?: Record<string, DockerAuth> }).auths ?? {}
    if (legacy) return JSON.parse(Buffer.from(legacy, 'base64').toString()) as Record<string, DockerAuth>
  } catch {
    return {}
  }
  return {}
}

function fits(key: string, image: string): boolean {
  const reference = parseReference(image)
  if (!reference) return false
  const registry = reference.registry === 'docker.io' ? 'index.docker.io' : reference.registry
  const path = key.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '')
  const [host = '', ...rest] = path.split('/')
  const hostPattern = new RegExp(`^${host.split('*').map(RegExp.escape).join('[^.:]*')}$`)
  const hostFits = hostPattern.test(registry) || (host === 'docker.io' && reference.registry === 'docker.io')
  return hostFits && (rest.length === 0 || `${reference.repository}/`.startsWith(`${rest.join('/')}/`))
}

function authConfig({ username, password, auth }: DockerAuth): AuthConfig {
  if (username !== undefined || !auth) return { username, password }
  const [user, ...rest] = Buffer.from(auth, 'base64').toString().split(':')
  return { username: user, password: rest.join(':') }
}
