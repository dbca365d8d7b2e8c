/** One MutatingAdmissionPolicy, compiled: how it changes an object. Source: apiserver's `policy/mutating/`. */

import { mergeTyped } from '../../../api/apply/merge.ts'
import { validateTyped } from '../../../api/apply/validate.ts'
import { ApiError } from '../../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../../api/meta.ts'
import { applyJsonPatch } from '../../../api/patch/json-patch.ts'
import type { TypeNode } from '../../../api/schema/type-node.ts'
import type { MutatingAdmissionPolicy } from '../../../api/types/admissionregistration/v1.ts'
import { limits } from '../../../limits.ts'
import { type Binding, CelError, CelList, CelObject, toJson, type Value } from '../../cel/index.ts'
import { clone } from '../../registry/clone.ts'
import type { Served } from '../../scheme/served.ts'
import { decodeObject, typeFor } from '../replaced.ts'
import { type Condition, compileConditions, evaluateConditions } from './conditions.ts'
import { type Composition, compileTyped, compose, type Typed } from './expression.ts'
import { patchFailure } from './patch-failure.ts'
import { patchResult } from './patch-types.ts'
import { OutOfBudget, Run, type Turn } from './run.ts'

/** The policy can't change this object; its failure policy says what that means. */
export class MutationError extends Error {}

type Bindings = readonly (readonly [string, Binding])[]

export class Mutator {
  readonly #composition: Composition
  readonly #conditions: readonly Condition[]
  readonly #mutations: readonly { patchType: string; typed: Typed }[]

  constructor({ spec = {} }: MutatingAdmissionPolicy) {
    const hasParams = spec.paramKind !== undefined
    const composition = compose(spec.variables ?? [], { hasParams, hasPatchTypes: true })
    this.#composition = composition
    this.#conditions = compileConditions(spec.matchConditions, composition.environment)
    this.#mutations = (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) => {
      const kind = patchType === 'JSONPatch' ? 'JSONPatch' : 'ApplyConfiguration'
      const { expression = '' } = (kind === 'JSONPatch' ? jsonPatch : applyConfiguration) ?? {}
      return { patchType: kind, typed: compileTyped(expression, composition.environment, [patchResult[kind]]) }
    })
  }

  /** How many changes it makes, one after the other. */
  get count(): number {
    return this.#mutations.length
  }

  /** Throws `MutationError`. */
  async matches(bindings: Bindings, turn: Turn): Promise<boolean> {
    if (this.#conditions.length === 0) return true
    const outcome = await evaluateConditions(this.#conditions, bindings, turn)
    if ('error' in outcome) throw new MutationError(outcome.error)
    return outcome.matches
  }

  /** The object after one change, which `bindings` must show as it is before. Throws `MutationError` and `ApiError`. */
  async mutate(
    index: number,
    object: KubeObject,
    { served, bindings, turn }: { served: Served; bindings: Bindings; turn: Turn },
  ): Promise<KubeObject> {
    const { patchType, typed } = this.#mutations[index]!
    const value = await this.#evaluate(typed, bindings, turn)
    try {
      return patchType === 'JSONPatch' ? jsonPatched(served, object, value) : merged(served, object, value)
    } catch (error) {
      if (error instanceof CelError) throw new MutationError(`type mismatch: ${error.message}`)
      throw error
    }
  }

  async #evaluate(typed: Typed, bindings: Bindings, turn: Turn): Promise<Value> {
    if ('error' in typed) throw new MutationError(typed.error)
    const { variables } = this.#composition
    try {
      const outcome = await new Run({ bindings, variables, turn, budget: limits.celRequestCostMax }).evaluate(typed)
      if ('error' in outcome) throw new MutationError(outcome.error)
      return outcome.value
    } catch (error) {
      if (error instanceof OutOfBudget) throw new MutationError(error.message)
      throw error
    }
  }
}

function jsonPatched(served: Served, object: KubeObject, value: Value): KubeObject {
  const operations = value instanceof CelList ? [...value].map(operation) : []
  let patched: unknown
  try {
    patched = applyJsonPatch(clone(object), operations)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const failure = patchFailure(object, operations)
    if (failure === undefined) return object
    throw new MutationError(`JSON Patch: ${failure}`)
  }
  return decoded(served, patched)
}

function operation(value: Value) {
  if (!(value instanceof CelObject)) throw new CelError('JSONPatch expressions evaluate to lists of JSONPatch')
  const text = (field: string) => (value.has(field) ? String(value.get(field)) : '')
  const from = text('from')
  return {
    op: text('op'),
    path: text('path'),
    ...(from === '' ? {} : { from }),
    ...(value.has('value') ? { value: toJson(value.get('value')!) } : {}),
  }
}

function merged(served: Served, object: KubeObject, value: Value): KubeObject {
  const patch = {
    ...(toJson(value) as object),
    apiVersion: object.apiVersion ?? apiVersionOf(served.resource),
    kind: object.kind ?? served.resource.kind,
  }
  const type = typeFor(served, object)
  const problems = validateTyped(type, patch)
  if (problems.length > 0)
    throw new MutationError(
      `error applying patch: failed to convert patch object to typed object: ${problems.join(', ')}`,
    )
  const atomics = atomicPaths(type, patch, '')
  if (atomics.length > 0) {
    const why = `may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`
    throw new MutationError(`error applying patch: invalid ApplyConfiguration: ${why}`)
  }
  return decoded(served, clone(mergeTyped(type, object, patch)))
}

/** Where the patch would replace a whole that it may not even have seen. */
function atomicPaths(type: TypeNode, value: unknown, path: string): string[] {
  if (type.kind === 'scalar' || value === null || typeof value !== 'object') return []
  const found: string[] = []
  if (type.kind === 'list') {
    if (!Array.isArray(value)) return []
    if (type.listType === 'atomic') found.push(path)
    return [...found, ...value.flatMap((item, index) => atomicPaths(type.element, item, `${path}[${index}]`))]
  }
  if (type.mapType === 'atomic') found.push(path)
  for (const [name, member] of Object.entries(value)) {
    const memberType = type.kind === 'map' ? type.value : type.fields.get(name)?.type
    if (memberType) found.push(...atomicPaths(memberType, member, `${path}.${name}`))
  }
  return found
}

function decoded(served: Served, value: unknown): KubeObject {
  const { object, strictErrors } = decodeObject(served, value)
  if (strictErrors.length > 0) throw new MutationError(`JSON Patch: ${strictErrors.join(', ')}`)
  return object
}
