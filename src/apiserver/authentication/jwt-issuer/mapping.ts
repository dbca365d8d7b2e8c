/** From the claims of a token to its user, by the rules of a configuration. */
import type { UserInfo } from '../../request.ts'
import type { ClaimRule, JwtIssuerConfiguration, Mapping, Rule } from '../configuration.ts'
import type { Claims } from '../jwt.ts'
import { InvalidTokenError } from '../token.ts'
import { credentialIdKey } from '../user.ts'
import type { Expression } from './expressions.ts'

/** Throws `InvalidTokenError` when the claims break a rule or name nobody. */
export type UserMapping = (claims: Claims) => UserInfo

type Read = (claims: Claims) => unknown
type Check<T> = (about: T) => void

/** Throws when an expression does not compile, with where it stands. */
export async function userMapping(configuration: JwtIssuerConfiguration): Promise<UserMapping> {
  const compile = await compilerFor(configuration)
  const checks = configuration.claimValidationRules.map((rule) => claimCheck(rule, compile))
  const username = reading(configuration.username, compile)
  const groups = configuration.groups && reading(configuration.groups, compile)
  const uid = configuration.uid && reading(configuration.uid, compile)
  const extra = configuration.extra.map(({ key, valueExpression }) => ({ key, read: compile.claims(valueExpression) }))
  const userChecks = configuration.userValidationRules.map((rule) => userCheck(rule, compile))
  requireVerifiedEmail(configuration)
  return (claims) => {
    for (const check of checks) check(claims)
    const uidText = uid ? textOf('uid', uid(claims)) : ''
    const user: UserInfo = {
      name: nameOf(configuration.username, claims, username),
      ...(uidText === '' ? {} : { uid: uidText }),
      groups: groups ? groupsOf(configuration.groups!, groups(claims)) : [],
      extra: { ...credential(claims), ...extraValues(extra, claims) },
    }
    for (const check of userChecks) check(user)
    return user
  }
}

interface Compiler {
  claims(expression: string): Expression<Claims>
  user(expression: string): Expression<UserInfo>
}

async function compilerFor(configuration: JwtIssuerConfiguration): Promise<Compiler> {
  const { username, groups, uid, extra, claimValidationRules, userValidationRules } = configuration
  const rules = [username, groups, uid, ...claimValidationRules].filter((one) => one !== undefined)
  const hasSome = extra.length > 0 || userValidationRules.length > 0 || rules.some((one) => 'expression' in one)
  const none = (): never => {
    throw new Error('no expressions are expected')
  }
  if (!hasSome) return { claims: none, user: none }
  const { claimsExpression, userExpression } = await import('./expressions.ts')
  return { claims: claimsExpression, user: userExpression }
}

function reading(mapping: Mapping, compile: Compiler): Read {
  if ('expression' in mapping) return compile.claims(mapping.expression)
  const { claim } = mapping
  return (claims) => (Object.hasOwn(claims, claim) ? claims[claim] : undefined)
}

function claimCheck(rule: ClaimRule, compile: Compiler): Check<Claims> {
  if ('claim' in rule) {
    const { claim, requiredValue } = rule
    return (claims) => {
      const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
      if (value === undefined) throw new InvalidTokenError(`oidc: required claim ${claim} not present in ID token`)
      if (value !== requiredValue) throw new InvalidTokenError(`oidc: required claim ${claim} value does not match`)
    }
  }
  return trueCheck(compile.claims(rule.expression), rule)
}

function userCheck(rule: Rule, compile: Compiler): Check<UserInfo> {
  return trueCheck(compile.user(rule.expression), rule)
}

function trueCheck<T>(expression: Expression<T>, { message, expression: text }: Rule): Check<T> {
  return (about) => {
    if (expression(about) !== true) {
      throw new InvalidTokenError(message || `validation expression '${text}' failed`)
    }
  }
}

function nameOf(mapping: Mapping, claims: Claims, read: Read): string {
  const name = read(claims)
  if (typeof name !== 'string') throw new InvalidTokenError('oidc: the user name of the token is no text')
  if ('claim' in mapping && mapping.claim === 'email' && Object.hasOwn(claims, 'email_verified')) {
    if (claims.email_verified !== true) throw new InvalidTokenError('oidc: email not verified')
  }
  const full = 'claim' in mapping ? `${mapping.prefix}${name}` : name
  if (name === '' || full === '') throw new InvalidTokenError('oidc: the user name of the token is empty')
  return full
}

function groupsOf(mapping: Mapping, value: unknown): string[] {
  const prefix = 'claim' in mapping ? mapping.prefix : ''
  return textsOf('groups', value).map((name) => `${prefix}${name}`)
}

function extraValues(extra: readonly { key: string; read: Read }[], claims: Claims): Record<string, string[]> {
  const found = extra.map(({ key, read }) => [key, textsOf('extra', read(claims))] as const)
  return Object.fromEntries(found.filter(([, values]) => values.length > 0))
}

/** A text, several, or nothing. */
function textsOf(what: string, value: unknown): string[] {
  const values = Array.isArray(value) ? value : value === undefined || value === null || value === '' ? [] : [value]
  if (values.some((one) => typeof one !== 'string')) throw new InvalidTokenError(`oidc: ${what} must be texts`)
  return values.filter((one) => one !== '') as string[]
}

function textOf(what: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidTokenError(`oidc: ${what} must be a text`)
  return value
}

function credential({ jti }: Claims): Record<string, string[]> {
  return typeof jti === 'string' && jti !== '' ? { [credentialIdKey]: [`JTI=${jti}`] } : {}
}

/** Who lets an address name a user must look at whether it is the user's. */
function requireVerifiedEmail({ username, extra, claimValidationRules }: JwtIssuerConfiguration): void {
  if (!('expression' in username) || !/\bclaims\s*\.\s*email\b(?!_)/.test(username.expression)) return
  const texts = [username.expression, ...extra.map(({ valueExpression }) => valueExpression)]
  for (const rule of claimValidationRules) if ('expression' in rule) texts.push(rule.expression)
  if (texts.some((text) => /\bclaims\s*\.\s*\??\s*email_verified\b/.test(text))) return
  throw new Error(
    'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
  )
}
