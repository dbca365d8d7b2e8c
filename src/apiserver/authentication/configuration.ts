/**
 * AuthenticationConfiguration: whose signed tokens are believed, who their owner is, and for what nobody has to say who
 * they are. Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
 */
import { limits } from '../../limits.ts'
import { ConfigurationError, type Fields, readDocument } from '../configuration/fields.ts'

const group = 'apiserver.config.k8s.io'

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtIssuerConfiguration[]
  /** Absent: as the flag says. */
  readonly anonymous?: AnonymousConfiguration
}

export interface AnonymousConfiguration {
  readonly enabled: boolean
  /** Paths for which it holds, exactly; absent: all. */
  readonly paths?: readonly string[]
}

export interface JwtIssuerConfiguration {
  readonly url: string
  /** Where its documents are, when not below its URL. */
  readonly discoveryUrl?: string
  /** PEM; absent: the machine's authorities. */
  readonly certificateAuthority?: string
  /** A token must name one. */
  readonly audiences: readonly string[]
  readonly claimValidationRules: readonly ClaimRule[]
  readonly username: Mapping
  readonly groups?: Mapping
  readonly uid?: Mapping
  readonly extra: readonly { readonly key: string; readonly valueExpression: string }[]
  readonly userValidationRules: readonly Rule[]
  /** Names of algorithms as tokens have them. Default: all asymmetric ones. */
  readonly algorithms?: readonly string[]
}

export interface Rule {
  readonly expression: string
  readonly message: string
}

export type ClaimRule = Rule | { readonly claim: string; readonly requiredValue: string }

export type Mapping = { readonly expression: string } | { readonly claim: string; readonly prefix: string }

/** Throws `ConfigurationError`. `reserved`: issuers that are this server's own. */
export function readAuthenticationConfiguration(
  text: string,
  reserved: readonly string[] = [],
): AuthenticationConfiguration {
  const versions = [`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha1`]
  const document = readDocument(text, 'AuthenticationConfiguration', versions)
  const jwt = document.objects('jwt').map(issuerOf)
  const anonymous = document.object('anonymous')
  const configuration = { jwt, ...(anonymous ? { anonymous: anonymousOf(anonymous) } : {}) }
  document.end()
  if (jwt.length > limits.jwtIssuersMax)
    throw new ConfigurationError(`jwt: must have at most ${limits.jwtIssuersMax} items`)
  refuseDoubles(jwt, reserved)
  return configuration
}

function anonymousOf(fields: Fields): AnonymousConfiguration {
  const enabled = fields.bool('enabled') ?? false
  const paths = fields.objects('conditions').map((condition) => condition.required('path'))
  if (!enabled && paths.length > 0)
    throw fields.error('conditions', 'enabled should be set to true when conditions are defined')
  return { enabled, ...(paths.length > 0 ? { paths } : {}) }
}

function issuerOf(fields: Fields): JwtIssuerConfiguration {
  const issuer = fields.object('issuer')
  if (!issuer) throw fields.error('issuer', 'is required')
  const mappings = fields.object('claimMappings')
  if (!mappings) throw fields.error('claimMappings', 'is required')
  const username = mappingOf(mappings, 'username', true)
  if (!username) throw mappings.error('username', 'claim or expression is required')
  const groups = mappingOf(mappings, 'groups', true)
  const uid = mappingOf(mappings, 'uid', false)
  const discoveryUrl = issuer.has('discoveryURL') ? httpsUrl(issuer, 'discoveryURL') : undefined
  const url = httpsUrl(issuer, 'url')
  if (discoveryUrl === url) throw issuer.error('discoveryURL', 'must be different from URL')
  const certificateAuthority = issuer.text('certificateAuthority')
  return {
    url,
    ...(discoveryUrl === undefined ? {} : { discoveryUrl }),
    ...(certificateAuthority === '' ? {} : { certificateAuthority }),
    audiences: audiencesOf(issuer),
    claimValidationRules: fields.objects('claimValidationRules').map(claimRuleOf),
    username,
    ...(groups ? { groups } : {}),
    ...(uid ? { uid } : {}),
    extra: extraOf(mappings),
    userValidationRules: fields.objects('userValidationRules').map(ruleOf),
  }
}

/** Source: RFC 8414: no user, query or fragment. */
function httpsUrl(fields: Fields, name: string): string {
  const text = fields.required(name)
  const url = URL.parse(text)
  if (!url) throw fields.error(name, 'want a URL')
  if (url.protocol !== 'https:') throw fields.error(name, 'URL scheme must be https')
  if (url.username || url.password) throw fields.error(name, 'URL must not contain a username or password')
  if (text.includes('?')) throw fields.error(name, 'URL must not contain a query')
  if (text.includes('#')) throw fields.error(name, 'URL must not contain a fragment')
  return text
}

function audiencesOf(issuer: Fields): string[] {
  const audiences = issuer.texts('audiences')
  const policy = issuer.oneOf('audienceMatchPolicy', ['MatchAny', ''], '')
  if (audiences.length === 0 || audiences.includes(''))
    throw issuer.error('audiences', 'at least one is required, and none is empty')
  if (audiences.length > 1 && policy === '') {
    throw issuer.error('audienceMatchPolicy', 'must be MatchAny for multiple audiences')
  }
  if (issuer.oneOf('egressSelectorType', ['controlplane', 'cluster', ''], '') !== '') {
    throw issuer.error('egressSelectorType', 'issuers are reached directly')
  }
  return audiences
}

function mappingOf(mappings: Fields, name: string, hasPrefix: boolean): Mapping | undefined {
  const fields = mappings.object(name)
  if (!fields) return undefined
  const [claim, expression] = [fields.text('claim'), fields.text('expression')]
  const isPrefixed = hasPrefix && fields.has('prefix')
  const prefix = isPrefixed ? fields.text('prefix') : ''
  if (claim !== '' && expression !== '') throw fields.error('claim', "claim and expression can't both be set")
  if (expression !== '') {
    if (isPrefixed) throw fields.error('prefix', "prefix can't be set when expression is set")
    return { expression }
  }
  if (claim === '') return undefined
  if (hasPrefix && !isPrefixed) throw fields.error('prefix', 'is required when claim is set; may be empty')
  return { claim, prefix }
}

function extraOf(mappings: Fields) {
  const extra = mappings.objects('extra').map((fields) => {
    const [key, valueExpression] = [fields.required('key'), fields.required('valueExpression')]
    if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[^\s/][^\s]*$/.test(key) || key !== key.toLowerCase()) {
      throw fields.error('key', 'must be a domain-prefixed path in lower case (such as "acme.io/foo")')
    }
    if (/^(.*\.)?(k8s|kubernetes)\.io\//.test(key)) throw fields.error('key', 'k8s.io and kubernetes.io are reserved')
    return { key, valueExpression }
  })
  if (new Set(extra.map(({ key }) => key)).size < extra.length) throw mappings.error('extra', 'duplicate key')
  return extra
}

function claimRuleOf(fields: Fields): ClaimRule {
  const [claim, expression] = [fields.text('claim'), fields.text('expression')]
  const requiredValue = fields.text('requiredValue')
  const message = fields.text('message')
  if ((claim === '') === (expression === ''))
    throw fields.error('claim', 'exactly one of claim and expression is required')
  if (claim !== '') {
    if (message !== '') throw fields.error('message', "can't be set when claim is set")
    return { claim, requiredValue }
  }
  if (requiredValue !== '') throw fields.error('requiredValue', "can't be set when expression is set")
  return { expression, message }
}

function ruleOf(fields: Fields): Rule {
  return { expression: fields.required('expression'), message: fields.text('message') }
}

function refuseDoubles(issuers: readonly JwtIssuerConfiguration[], reserved: readonly string[]): void {
  const seen = new Set<string>()
  for (const [index, { url, discoveryUrl }] of issuers.entries()) {
    const at = `jwt[${index}].issuer`
    if (reserved.includes(url))
      throw new ConfigurationError(`${at}.url: must not be the issuer of this server's own tokens`)
    for (const [name, one] of Object.entries({ url, discoveryURL: discoveryUrl })) {
      if (one === undefined) continue
      if (seen.has(`${name} ${one}`))
        throw new ConfigurationError(`${at}.${name}: Duplicate value: ${JSON.stringify(one)}`)
      seen.add(`${name} ${one}`)
    }
  }
}
