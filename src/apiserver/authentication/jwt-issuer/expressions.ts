/** Expressions over a token's claims and the user made of them. Loaded only where a configuration has some. */
import { limits } from '../../../limits.ts'
import {
  compile,
  dynType,
  type Environment,
  evaluate,
  failureText,
  listType,
  mapType,
  objectType,
  stringType,
  toCel,
  toJson,
} from '../../cel/index.ts'
import type { UserInfo } from '../../request.ts'
import type { Claims } from '../jwt.ts'
import { InvalidTokenError } from '../token.ts'

const claimsType = mapType(stringType, dynType)
const userType = objectType('kubernetes.UserInfo', {
  username: stringType,
  uid: stringType,
  groups: listType(stringType),
  extra: mapType(stringType, listType(stringType)),
})
const environments = {
  claims: { variables: new Map([['claims', claimsType]]) } satisfies Environment,
  user: { variables: new Map([['user', userType]]) } satisfies Environment,
}

/** What an expression makes, as JSON. */
export type Expression<T> = (about: T) => unknown

/** Throws when it does not compile. The result throws `InvalidTokenError` when it has no value for a token. */
export function claimsExpression(expression: string): Expression<Claims> {
  const run = compiled(expression, 'claims')
  return (claims) => run(['claims', toCel(claims, claimsType)])
}

export function userExpression(expression: string): Expression<UserInfo> {
  const run = compiled(expression, 'user')
  return ({ name, uid = '', groups, extra }) => run(['user', toCel({ username: name, uid, groups, extra }, userType)])
}

function compiled(expression: string, variable: keyof typeof environments) {
  const result = compile(expression, environments[variable])
  if (!result.ok) throw new Error(failureText(result))
  return (binding: readonly [string, ReturnType<typeof toCel>]): unknown => {
    const evaluation = evaluate(result.program, [binding], { cost: limits.celCallCostMax })
    if (evaluation.ok) return toJson(evaluation.value)
    throw new InvalidTokenError(`expression '${expression}' resulted in error: ${evaluation.message}`)
  }
}
