/**
 * The issuer that single flags describe, as a configuration would.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#configuring-the-api-server
 */
import { ConfigurationError } from '../configuration/fields.ts'
import type { JwtIssuerConfiguration, Mapping } from './configuration.ts'
import { algorithmNames } from './jwt-issuer/signature.ts'

export interface OidcFlags {
  readonly issuerUrl: string
  readonly clientId: string
  /** PEM. */
  readonly certificateAuthority?: string
  /** Default: `sub`. */
  readonly usernameClaim?: string
  /** `-`: none. Default: the issuer and `#`, none for `email`. */
  readonly usernamePrefix?: string
  readonly groupsClaim?: string
  readonly groupsPrefix?: string
  /** `claim=value`. */
  readonly requiredClaims: readonly string[]
  /** Default: RS256. */
  readonly signingAlgorithms: readonly string[]
}

/** Throws `ConfigurationError`. */
export function issuerOfFlags(flags: OidcFlags): JwtIssuerConfiguration {
  const { issuerUrl, clientId, certificateAuthority, groupsClaim, groupsPrefix = '', signingAlgorithms } = flags
  if (issuerUrl === '' || clientId === '') {
    throw new ConfigurationError('--oidc-issuer-url and --oidc-client-id must be specified together')
  }
  if (URL.parse(issuerUrl)?.protocol !== 'https:')
    throw new ConfigurationError('--oidc-issuer-url: URL scheme must be https')
  const unknown = signingAlgorithms.find((name) => !algorithmNames.includes(name))
  if (unknown !== undefined) {
    throw new ConfigurationError(`--oidc-signing-algs=${unknown} is not offered, only ${algorithmNames.join(', ')}`)
  }
  return {
    url: issuerUrl,
    audiences: [clientId],
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    claimValidationRules: flags.requiredClaims.map(requiredClaim),
    username: usernameOf(flags),
    ...(groupsClaim ? { groups: { claim: groupsClaim, prefix: groupsPrefix } } : {}),
    extra: [],
    userValidationRules: [],
    algorithms: signingAlgorithms.length > 0 ? signingAlgorithms : ['RS256'],
  }
}

function usernameOf({ issuerUrl, usernameClaim: claim = 'sub', usernamePrefix }: OidcFlags): Mapping {
  if (usernamePrefix === '-') return { claim, prefix: '' }
  if (usernamePrefix) return { claim, prefix: usernamePrefix }
  return { claim, prefix: claim === 'email' ? '' : `${issuerUrl}#` }
}

function requiredClaim(text: string) {
  const at = text.indexOf('=')
  if (at < 1) throw new ConfigurationError(`--oidc-required-claim: want claim=value, got ${JSON.stringify(text)}`)
  return { claim: text.slice(0, at), requiredValue: text.slice(at + 1) }
}
