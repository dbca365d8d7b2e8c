/** From a configuration to authorizers: webhooks get their connections, everything else is there already. */
import { loadKubeconfig } from '../../client/kubeconfig.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Net } from '../../platform/net.ts'
import { ConfigurationError } from '../configuration/fields.ts'
import { type WatchedFileParts, watchFile } from '../configuration/watched-file.ts'
import type { RemoteParts } from '../webhook/remote.ts'
import {
  type AuthorizationMode,
  type ConfiguredAuthorizer,
  readAuthorizationConfiguration,
  type WebhookConfiguration,
} from './configuration.ts'
import type { DecisionCounter } from './counted.ts'
import type { DecidingAuthorizer } from './decision.ts'

export interface AuthorizerParts extends Omit<RemoteParts, 'net'> {
  /** Absent: no webhook can be configured. */
  readonly net?: Net | undefined
  readonly disk?: Pick<Disk, 'readText'> | undefined
  readonly byMode: Readonly<Record<Exclude<AuthorizationMode, 'ABAC'>, DecidingAuthorizer>>
  /** Default: nobody counts decisions. */
  readonly counter?: DecisionCounter | undefined
  /** Text of the file of policies. */
  readonly abacPolicies?: string | undefined
}

/** Throws `ConfigurationError`. */
export async function authorizersOf(
  parts: AuthorizerParts,
  configured: readonly ConfiguredAuthorizer[],
): Promise<DecidingAuthorizer[]> {
  const { counter } = parts
  return await Promise.all(
    configured.map(async (one) => {
      const authorizer = await authorizerOf(parts, one)
      return counter?.counted(one, authorizer) ?? authorizer
    }),
  )
}

/**
 * Calls `apply` with the authorizers of the file, and again when it changes. Node and RBAC may change their place later,
 * but may not come or go.
 */
export async function followAuthorizationConfiguration(
  parts: AuthorizerParts & WatchedFileParts,
  path: string,
  apply: (authorizers: readonly DecidingAuthorizer[]) => void,
): Promise<() => void> {
  let fixed: string | undefined
  return await watchFile(parts, {
    path,
    async apply(text) {
      const configured = readAuthorizationConfiguration(text)
      const own = fixedModes(configured)
      if (fixed !== undefined && own !== fixed) {
        throw new ConfigurationError('authorizers: Node and RBAC cannot be added or removed while the server runs')
      }
      apply(await authorizersOf(parts, configured))
      fixed = own
    },
  })
}

function fixedModes(configured: readonly ConfiguredAuthorizer[]): string {
  return configured
    .map(({ type }) => type)
    .filter((type) => type === 'Node' || type === 'RBAC')
    .sort()
    .join()
}

async function authorizerOf(parts: AuthorizerParts, configured: ConfiguredAuthorizer): Promise<DecidingAuthorizer> {
  if (configured.type === 'Webhook') return await webhookOf(parts, configured.webhook)
  if (configured.type !== 'ABAC') return parts.byMode[configured.type]
  if (parts.abacPolicies === undefined) throw new ConfigurationError('ABAC needs --authorization-policy-file')
  const { AbacAuthorizer, readAbacPolicies } = await import('./abac.ts')
  return new AbacAuthorizer(readAbacPolicies(parts.abacPolicies))
}

async function webhookOf(
  { net, disk, clock, random }: AuthorizerParts,
  { kubeConfigFile, matchConditions, timeoutMs, ...options }: WebhookConfiguration,
): Promise<DecidingAuthorizer> {
  if (!net || !disk) throw new ConfigurationError('this server has no way to webhooks')
  const [{ WebhookAuthorizer }, { RemoteReviewer }] = await Promise.all([
    import('./webhook.ts'),
    import('../webhook/remote.ts'),
  ])
  const access = await loadKubeconfig(disk, kubeConfigFile)
  const remote = new RemoteReviewer({ net, clock, random }, { access, timeoutMs })
  const conditions =
    matchConditions.length === 0 ? undefined : (await import('./match-conditions.ts')).matchConditions(matchConditions)
  return new WebhookAuthorizer({ remote, clock, ...options, ...(conditions ? { conditions } : {}) })
}
