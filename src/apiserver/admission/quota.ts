/**
 * Refuses what would exceed a namespace's ResourceQuotas and charges what it admits to their status, so that two
 * requests at once cannot both take the last place. The quota controller corrects what a failed write leaves charged.
 */
import { ApiError } from '../../api/errors.ts'
import { groupResource, type KubeObject, keyOf } from '../../api/meta.ts'
import { addQuantities, canonicalQuantity, compareQuantities } from '../../api/quantity.ts'
import type { Amounts } from '../../api/quota/amounts.ts'
import { quotaMatches } from '../../api/quota/scopes.ts'
import { canGrow, growth, missingComputeResources, usageOf } from '../../api/quota/usage.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Pod, ResourceQuota } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import { whenKnown } from '../../platform/turn.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

/** Writes a quota's status; a 409 when the quota has changed since it was read. */
export interface QuotaWriter {
  updateStatus(quota: ResourceQuota): Promise<ResourceQuota>
}

export interface ResourceQuotaParts {
  objects: Objects
  /** Asked for when first needed: the writer goes through the registry, which admission is part of. */
  writer: () => QuotaWriter
  clock: Clock
}

/** Attempts against other writers of the same quota. */
const attemptsMax = 5

export function resourceQuota(parts: ResourceQuotaParts): AdmissionPlugin {
  const ledger = new Ledger(parts)
  return {
    name: 'ResourceQuota',
    validate(attributes) {
      const { operation, subresource, namespace, resource, object } = attributes
      if (namespace === '' || !object) return undefined
      const counts = operation === 'UPDATE' && (canGrow(resource, subresource) || movesScope(attributes))
      if (operation !== 'CREATE' && !counts) return undefined
      if (operation === 'CREATE' && subresource !== '') return undefined
      return whenKnown(ledger.quotas(namespace), (quotas) =>
        quotas.length > 0 ? ledger.charge(attributes, object) : undefined,
      )
    },
  }
}

/** One namespace's requests are judged one after the other, on the newest state known here. */
class Ledger {
  readonly #parts: ResourceQuotaParts
  readonly #turns = new Map<string, Promise<void>>()
  /** Quotas as last written here, until the cache has caught up. */
  readonly #written = new Map<string, ResourceQuota>()

  constructor(parts: ResourceQuotaParts) {
    this.#parts = parts
  }

  async charge(attributes: AdmissionAttributes, object: KubeObject): Promise<void> {
    const { namespace, resource, oldObject } = attributes
    const nowMs = this.#parts.clock.nowMs()
    const usedBefore = oldObject ? usageOf(resource, oldObject, nowMs) : {}
    const whole = usageOf(resource, object, nowMs)
    const requested = growth(whole, usedBefore)
    if (Object.keys(requested).length === 0 && !movesScope(attributes)) return
    const before = this.#turns.get(namespace)
    const turn = this.#chargeNext(before, { attributes, object, requested, whole })
    const settled = turn.catch(() => undefined)
    this.#turns.set(namespace, settled)
    await settled.then(() => {
      if (this.#turns.get(namespace) === settled) this.#turns.delete(namespace)
    })
    await turn
  }

  async #chargeNext(before: Promise<void> | undefined, charge: Charge): Promise<void> {
    await before
    for (let attempt = 1; ; attempt++) {
      const quotas = await this.quotas(charge.attributes.namespace)
      const updated = planCharges(charge, quotas)
      if (charge.attributes.dryRun) return
      const lost = await this.#write(updated)
      if (!lost) return
      if (attempt >= attemptsMax) throw lost
      for (const quota of updated) this.#written.delete(keyOf(quota))
      await this.#parts.clock.sleep(0)
    }
  }

  /** The conflict, when another writer was faster. */
  async #write(quotas: readonly ResourceQuota[]): Promise<ApiError | undefined> {
    for (const quota of quotas) {
      try {
        this.#written.set(keyOf(quota), await this.#parts.writer().updateStatus(quota))
      } catch (error) {
        if (error instanceof ApiError && error.reason === 'Conflict') return error
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
      }
    }
    return undefined
  }

  quotas(namespace: string): ResourceQuota[] | Promise<ResourceQuota[]> {
    return whenKnown(this.#parts.objects.list(coreV1.resourceQuotas, namespace), (cached) =>
      cached.map((quota) => {
        const own = this.#written.get(keyOf(quota))
        if (own && own.metadata.uid === quota.metadata.uid && versionOf(own) > versionOf(quota)) return own
        this.#written.delete(keyOf(quota))
        return quota
      }),
    )
  }
}

export interface Charge {
  attributes: AdmissionAttributes
  object: KubeObject
  /** What is used more than before. */
  requested: Amounts
  /** All that the object uses: a quota that it was out of the scope of is charged for this. Default: `requested`. */
  whole?: Amounts
}

/** Pure: the quotas to write with their new usage. Throws the 403 of the first that would be exceeded. */
export function planCharges(charge: Charge, quotas: readonly ResourceQuota[]): ResourceQuota[] {
  const { object, attributes } = charge
  const { resource, oldObject } = attributes
  const updated: ResourceQuota[] = []
  for (const quota of quotas) {
    const hard = quota.status?.hard ?? {}
    if (!quotaMatches(quota, resource, object)) continue
    const isNew = oldObject !== undefined && !quotaMatches(quota, resource, oldObject)
    const requested = isNew ? (charge.whole ?? charge.requested) : charge.requested
    if (Object.keys(requested).length === 0) continue
    refuseOpenResources(charge, quota)
    const concerned = Object.keys(requested).filter((name) => hard[name] !== undefined)
    if (concerned.length === 0) continue
    updated.push(charged({ ...charge, requested }, quota, concerned.sort()))
  }
  return updated
}

/** Whether a pod gets a deadline, which takes it from one scope to another. */
function movesScope({ resource, subresource, operation, object, oldObject }: AdmissionAttributes): boolean {
  if (operation !== 'UPDATE' || subresource !== '' || groupResource(resource) !== 'pods') return false
  const ends = (pod: KubeObject | undefined) => (pod as Pod | undefined)?.spec?.activeDeadlineSeconds !== undefined
  return ends(object) !== ends(oldObject)
}

function charged({ attributes, requested }: Charge, quota: ResourceQuota, names: readonly string[]): ResourceQuota {
  const { hard = {}, used = {} } = quota.status ?? {}
  const unknown = names.filter((name) => used[name] === undefined)
  const { name } = quota.metadata
  if (unknown.length > 0) throw forbid(attributes, `status unknown for quota: ${name}, resources: ${unknown.join(',')}`)
  const after = Object.fromEntries(names.map((one) => [one, addQuantities(used[one] ?? '0', requested[one] ?? '0')]))
  const exceeded = names.filter((one) => compareQuantities(after[one] ?? '0', hard[one] ?? '0') > 0)
  if (exceeded.length > 0) {
    const print = (list: Amounts) => exceeded.map((one) => `${one}=${canonicalQuantity(list[one] ?? '0')}`).join(',')
    const amounts = `requested: ${print(requested)}, used: ${print(used)}, limited: ${print(hard)}`
    throw forbid(attributes, `exceeded quota: ${name}, ${amounts}`)
  }
  return { ...quota, status: { ...quota.status, hard, used: { ...used, ...after } } }
}

function refuseOpenResources({ attributes, object }: Charge, quota: ResourceQuota): void {
  if (attributes.resource.group !== '' || attributes.resource.plural !== 'pods') return
  const why = missingComputeResources(object as Pod, Object.keys(quota.status?.hard ?? {}))
  if (why !== undefined) throw forbid(attributes, `failed quota: ${quota.metadata.name}: ${why}`)
}

function versionOf({ metadata }: ResourceQuota): number {
  return Number(metadata.resourceVersion ?? 0)
}
