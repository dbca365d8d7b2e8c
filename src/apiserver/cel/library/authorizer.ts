/**
 * What a user may do. Library types have no fields; what they are of is said step by step.
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library
 */
import { isDns1123Label, isDns1123Subdomain } from '../../../api/names.ts'
import { type Costs, declare, type Overload } from '../functions.ts'
import { add, exactly, listCost, type Range, scaled, structCost, textFactor } from '../sizes.ts'
import { CelError, Opaque, sizeOf, type Value } from '../values.ts'

export interface AccessCheck {
  readonly verb: string
  /** A path that is no resource's. */
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
  /** Asks for this account instead of the request's user. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
}

export interface AccessDecision {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}

/** Answers at once. */
export type Access = (check: AccessCheck) => AccessDecision

type Stage = 'Authorizer' | 'PathCheck' | 'GroupCheck' | 'ResourceCheck'

export class Check extends Opaque {
  readonly typeName: string
  readonly access: Access
  readonly so: Omit<AccessCheck, 'verb'>

  constructor(stage: Stage, access: Access, so: Omit<AccessCheck, 'verb'> = {}) {
    super()
    this.typeName = `kubernetes.authorization.${stage}`
    this.access = access
    this.so = so
  }

  override equals(other: Value): boolean {
    return other === this
  }
}

class DecisionValue extends Opaque {
  readonly typeName = 'kubernetes.authorization.Decision'
  readonly decision: AccessDecision

  constructor(decision: AccessDecision) {
    super()
    this.decision = decision
  }

  override equals(other: Value): boolean {
    return other === this
  }
}

function narrowed(stage: Stage, part: (value: string) => Partial<AccessCheck>) {
  return (_: unknown, check: Check, value: string) => new Check(stage, check.access, { ...check.so, ...part(value) })
}

function notEmpty(what: string, value: string): string {
  if (value.trim() === '') throw new CelError(`${what} must not be empty`)
  return value
}

function serviceAccount(_: unknown, check: Check, namespace: string, name: string): Check {
  if (isDns1123Subdomain(name).length > 0) throw new CelError('Invalid service account name')
  if (isDns1123Label(namespace).length > 0) throw new CelError('Invalid service account namespace')
  return new Check('Authorizer', check.access, { serviceAccount: { namespace, name } })
}

/** Two of them are what one expression may make. */
const asking: Costs = { cost: () => 350_000, estimate: () => ({ cost: exactly(350_000) }) }

function selectorCost(size: Range): Range {
  const requirements = scaled(scaled(size, 0.5), listCost + structCost)
  return add(exactly(listCost), scaled(size, textFactor), requirements)
}

const selecting: Costs = {
  cost: ([, selector]) => selectorCost(exactly(sizeOf(selector!))).max,
  estimate: ({ args: [selector] }) => ({ cost: selectorCost(selector!.size) }),
}

const of = 'kubernetes.authorization'
const ask = (_: unknown, { access, so }: Check, verb: string) => new DecisionValue(access({ ...so, verb }))

export const authorizers: readonly Overload[] = [
  declare(
    `${of}.Authorizer.path(string): ${of}.PathCheck`,
    narrowed('PathCheck', (path) => ({ path: notEmpty('path', path) })),
  ),
  declare(
    `${of}.Authorizer.group(string): ${of}.GroupCheck`,
    narrowed('GroupCheck', (group) => ({ group })),
  ),
  declare(`${of}.Authorizer.serviceAccount(string, string): ${of}.Authorizer`, serviceAccount),
  declare(
    `${of}.GroupCheck.resource(string): ${of}.ResourceCheck`,
    narrowed('ResourceCheck', (resource) => ({ resource: notEmpty('resource', resource) })),
  ),
  ...(['subresource', 'namespace', 'name'] as const).map((part) =>
    declare(
      `${of}.ResourceCheck.${part}(string): ${of}.ResourceCheck`,
      narrowed('ResourceCheck', (value) => ({ [part]: value })),
    ),
  ),
  ...(['fieldSelector', 'labelSelector'] as const).map((part) =>
    declare(
      `${of}.ResourceCheck.${part}(string): ${of}.ResourceCheck`,
      narrowed('ResourceCheck', (value) => ({ [part]: value })),
      selecting,
    ),
  ),
  declare(`${of}.PathCheck.check(string): ${of}.Decision`, ask, asking),
  declare(`${of}.ResourceCheck.check(string): ${of}.Decision`, ask, asking),
  declare(`${of}.Decision.allowed(): bool`, (_, { decision }: DecisionValue) => decision.allowed),
  declare(`${of}.Decision.reason(): string`, (_, { decision }: DecisionValue) => decision.reason),
  declare(`${of}.Decision.errored(): bool`, (_, { decision }: DecisionValue) => decision.error !== undefined),
  declare(`${of}.Decision.error(): string`, (_, { decision }: DecisionValue) => decision.error ?? ''),
]
