/**
 * Security that asks somebody outside or follows a file: issuers of tokens, token and authorization webhooks, policy
 * files. Loaded only when the server is told to have some of it.
 */
import { loadKubeconfig } from '../client/kubeconfig.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/log.ts'
import type { Net } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import type { AnonymousConfiguration } from './authentication/configuration.ts'
import { ConfiguredTokens } from './authentication/configured.ts'
import { issuerOfFlags, type OidcFlags } from './authentication/oidc-flags.ts'
import type { TokenAuthenticator } from './authentication/token.ts'
import { TokenCacheMetrics } from './authentication/token-cache-metrics.ts'
import { WebhookTokens } from './authentication/webhook-token.ts'
import type { ConfiguredAuthorizer } from './authorization/configuration.ts'
import { type AuthorizerParts, authorizersOf, followAuthorizationConfiguration } from './authorization/configured.ts'
import type { AuthorizerChain } from './authorization/decision.ts'
import type { Family } from './metrics/families.ts'
import { RemoteReviewer } from './webhook/remote.ts'

export interface OutsideSecurityOptions {
  readonly disk: Pick<Disk, 'readText' | 'watch'>
  readonly log: Logger
  readonly net: Net
  /** File of an AuthenticationConfiguration; not together with `oidc`. */
  readonly authenticationConfig?: string
  readonly oidc?: OidcFlags
  readonly tokenWebhook?: TokenWebhookOptions
  /** File of an AuthorizationConfiguration, or who is asked. */
  readonly authorization?: string | readonly ConfiguredAuthorizer[]
  /** Text of the file of policies for ABAC. */
  readonly abacPolicies?: string
}

export interface TokenWebhookOptions {
  /** A kubeconfig. */
  readonly path: string
  readonly version: 'v1' | 'v1beta1'
  readonly cacheTtlMs: number
}

export interface OutsideParts {
  readonly clock: Clock
  readonly random: Random
  /** Of the API server itself. */
  readonly audiences: readonly string[]
  readonly issuers: readonly string[]
}

export interface OutsideTokens {
  readonly authenticators: readonly TokenAuthenticator[]
  /** Undefined: as the flag says. */
  anonymous(): AnonymousConfiguration | undefined
  readonly families: readonly Family[]
  stop(): void
}

/** Rejects when a file is missing or wrong. */
export async function outsideTokens(options: OutsideSecurityOptions, parts: OutsideParts): Promise<OutsideTokens> {
  const { disk, log, net, authenticationConfig, oidc, tokenWebhook } = options
  const { clock, random, audiences } = parts
  const configured = new ConfiguredTokens({ ...parts, net })
  let stop = (): void => undefined
  if (oidc) await configured.apply({ jwt: [issuerOfFlags(oidc)] })
  if (authenticationConfig !== undefined) stop = await configured.follow({ disk, clock, log }, authenticationConfig)
  const authenticators: TokenAuthenticator[] = [configured]
  const metrics = new TokenCacheMetrics()
  if (tokenWebhook) {
    const { path, version, cacheTtlMs } = tokenWebhook
    const remote = new RemoteReviewer({ net, clock, random }, { access: await loadKubeconfig(disk, path) })
    authenticators.push(new WebhookTokens({ remote, clock, version, cacheTtlMs, audiences, metrics }))
  }
  return { authenticators, anonymous: () => configured.anonymous, families: metrics.families, stop }
}

/** Fills the chain, and again when the file changes. Rejects when a file is missing or wrong. */
export async function outsideAuthorizers(
  options: OutsideSecurityOptions,
  parts: Pick<AuthorizerParts, 'clock' | 'random' | 'byMode' | 'counter'>,
  chain: AuthorizerChain,
): Promise<() => void> {
  const { disk, log, net, authorization, abacPolicies } = options
  const all = { ...parts, disk, log, net, abacPolicies }
  if (typeof authorization === 'string') {
    return await followAuthorizationConfiguration(all, authorization, (authorizers) => chain.replace(authorizers))
  }
  if (authorization) chain.replace(await authorizersOf(all, authorization))
  return () => undefined
}
