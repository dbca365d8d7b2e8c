/**
 * Creates an object: system fields, managed fields, mutating admission, the strategy's preparation and rules, validating
 * admission, one durable write. Source: apiserver's `endpoints/handlers/create.go` and `registry/rest/create.go`.
 */
import { dropEmpties } from '../../api/codec/empties.ts'
import { type ApiError, alreadyExists, apiError, conflict, type FieldError, invalid } from '../../api/errors.ts'
import { groupResource, type KubeObject } from '../../api/meta.ts'
import { limits } from '../../limits.ts'
import { inTurns, whenKnown } from '../../platform/turn.ts'
import type { KeyValue } from '../../store/store.ts'
import { Stored } from '../cache/stored.ts'
import { objectKey, type Served } from '../scheme/served.ts'
import { clone } from './clone.ts'
import { trackUpdate } from './field-ownership.ts'
import { chooseName, dedupOwnerReferences, fillSystemFields, validateMetadata } from './metadata.ts'
import {
  admissionAttributes,
  type Caller,
  computed,
  type RegistryParts,
  type Target,
  type WriteOptions,
  type Written,
  writeContext,
} from './parts.ts'
import { bytesToStore, dryEncoded, fromStored, storedOf } from './persistence.ts'

export interface CreateInput {
  target: Target
  /** Private to this call; decoded and defaulted. */
  object: KubeObject
  caller: Caller
  options: WriteOptions
  /** Server-side apply brings its own managed fields. */
  managed?: boolean
}

export async function createObject(parts: RegistryParts, input: CreateInput): Promise<Written> {
  const { object, target, caller } = input
  const { strategy } = target.served
  // Only the store minds, which a dry run does not reach.
  if (object.metadata.resourceVersion && !input.options.dryRun) throw versionOnCreate()
  warnOfDuplicates(object, caller, 'sent')
  if (caller.pause) await caller.pause()
  const track = (): KubeObject => trackUpdate(parts, target, undefined, object, caller.manager)
  const tracked = input.managed ? object : await computed(caller, track)
  if (caller.pause) await caller.pause()
  fillSystemFields(tracked, { nowMs: parts.clock.nowMs(), random: parts.random, namespace: target.namespace })
  const mutated = admit(parts, input, tracked, 'mutate')
  if (mutated instanceof Promise) await mutated
  strategy.default?.(tracked)
  const again = tracked.metadata.name ? undefined : clone(tracked)
  for (let attempt = 1; ; attempt++) {
    const candidate = again && attempt > 1 ? clone(again) : tracked
    candidate.metadata.name = chooseName(candidate.metadata, parts.random)
    target.served.dropDisabled?.(candidate, undefined)
    // What is prepared may go by the name: a Job's labels do.
    strategy.prepareForCreate?.(candidate, writeContext(parts, caller))
    if (caller.pause) await caller.pause()
    const outcome = await createNamed(parts, { ...input, object: candidate })
    if (outcome.kind === 'created') return outcome.written
    if (!again) throw alreadyExists(target.served.resource, candidate.metadata.name, outcome)
    if (attempt >= limits.generateNameAttemptsMax) throw nameNotFound(input, candidate.metadata.name)
  }
}

type Outcome =
  | { kind: 'created'; written: Written }
  /** `going`: the one that has the name is being deleted. */
  | { kind: 'exists'; going: boolean }
/** `outrun`: another server took meanwhile what was claimed. */
type StoreOutcome = Outcome | { kind: 'outrun' }

async function createNamed(parts: RegistryParts, input: CreateInput): Promise<Outcome> {
  const { object, target, caller } = input
  const { served } = target
  const { strategy } = served
  const found = validateMetadata(object.metadata, {
    namespaced: served.resource.namespaced,
    validateName: strategy.validateName,
    anyFinalizers: strategy.anyFinalizers,
  })
  if (caller.pause) await caller.pause()
  const own = (): FieldError[] => strategy.validateCreate?.(object, { found, gates: parts.gates }) ?? []
  const errors = [...found, ...(await computed(caller, own))]
  if (strategy.rules)
    errors.push(...(await inTurns(strategy.rules(object, undefined, { found: errors, warn: caller.warn }))))
  const name = object.metadata.name ?? ''
  if (caller.pause) await caller.pause()
  if (errors.length > 0) throw invalid(served.storedKind, name, errors)
  const warnings = (): string[] => strategy.warnings?.(object, undefined) ?? []
  for (const warning of await computed(caller, warnings)) caller.warn(warning)
  const validated = admit(parts, input, object, 'validate')
  if (validated instanceof Promise) await validated
  if (caller.pause) await caller.pause()
  if (!served.custom) dropEmpties(served.type, object)
  for (let attempt = 1; ; attempt++) {
    const outcome = await storeNew(parts, { ...input, object: strategy.allocate ? clone(object) : object })
    if (outcome.kind !== 'outrun') return outcome
    if (attempt >= limits.claimAttemptsMax) throw conflict(served.resource, name, claimedElsewhere)
  }
}

const claimedElsewhere = 'what it needs was claimed by others again and again; please try again'

async function storeNew(parts: RegistryParts, input: CreateInput): Promise<StoreOutcome> {
  const { object, target, options } = input
  const { served } = target
  const { strategy } = served
  const name = object.metadata.name ?? ''
  const allocation = strategy.allocate && (await strategy.allocate(object, undefined, { dryRun: options.dryRun }))
  try {
    const key = objectKey(served, target.namespace, name)
    if (options.dryRun) {
      const { item } = await parts.store.get(key)
      await dryEncoded(served, object)
      await allocation?.release()
      return item ? await taken(served, item) : { kind: 'created', written: { object, created: true } }
    }
    const encoded = bytesToStore(served, object)
    const value = encoded instanceof Promise ? await encoded : encoded
    const ttlSeconds = strategy.ttlSeconds?.(object)
    const write = { op: 'put', key, value, expected: 0, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) } as const
    const result = await parts.store.commit([write, ...(allocation?.writes ?? [])])
    if (!result.ok) {
      await allocation?.release()
      return result.key === key ? await taken(served, result.current) : { kind: 'outrun' }
    }
    if (allocation) await allocation.settle()
    object.metadata.resourceVersion = String(result.revision)
    const stored = new Stored({ key, value, modRevision: result.revision })
    return { kind: 'created', written: { object, created: true, stored } }
  } catch (error) {
    await allocation?.release()
    throw error
  }
}

async function taken(served: Served, item: KeyValue | undefined): Promise<Outcome> {
  const stored = await storedOf(served, item)
  return { kind: 'exists', going: stored ? fromStored(served, stored).metadata.deletionTimestamp !== undefined : false }
}

function admit(
  parts: RegistryParts,
  { target, caller, options }: CreateInput,
  object: KubeObject,
  step: 'mutate' | 'validate',
): void | Promise<void> {
  const named = { ...target, name: target.subresource === '' ? (object.metadata.name ?? '') : target.name }
  const change = {
    object,
    oldObject: undefined,
    dryRun: options.dryRun,
    options: { ...options.raw, kind: 'CreateOptions' },
  }
  const attributes = admissionAttributes(named, caller, { operation: 'CREATE', ...change })
  return whenKnown(parts.admission[step](attributes), () => {
    if (step === 'mutate') warnOfDuplicates(object, caller, 'admitted')
  })
}

function warnOfDuplicates(object: KubeObject, caller: Caller, step: 'sent' | 'admitted'): void {
  const warning = dedupOwnerReferences(object.metadata, step)
  if (warning) caller.warn(warning)
}

function versionOnCreate(): ApiError {
  return apiError({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' })
}

function nameNotFound({ target }: CreateInput, name: string): ApiError {
  const { resource } = target.served
  const details = {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    retryAfterSeconds: 1,
  }
  return apiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResource(resource)} "${name}" already exists, the server was not able to generate a unique name for the object`,
    details,
  })
}
