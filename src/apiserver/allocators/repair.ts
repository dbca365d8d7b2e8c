/**
 * Brings Services and IPAddresses together again where somebody else wrote one without the other: an address without its
 * object gets one, an object of the allocator whose Service is gone or has other addresses is removed.
 * Source: KEP-1880; upstream looks every three minutes too.
 */
import { coreV1, networkingV1 } from '../../api/resources.ts'
import type { Service } from '../../api/types/core/v1.ts'
import type { IPAddress } from '../../api/types/networking/v1.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Store, Write } from '../../store/store.ts'
import type { Objects } from '../objects.ts'
import { type AddressObjects, allocatorName, managedBy, serviceOf } from './addresses.ts'

export interface AddressRepairPlan {
  missing: { address: string; service: Service }[]
  /** Addresses whose objects nobody needs. */
  orphaned: string[]
  /** Addresses whose objects say that they are something else's; nothing is done about them. */
  contested: string[]
}

/** Pure. */
export function planAddressRepair(services: readonly Service[], addresses: readonly IPAddress[]): AddressRepairPlan {
  const objects = new Map(addresses.map((object) => [object.metadata.name ?? '', object]))
  const plan: AddressRepairPlan = { missing: [], orphaned: [], contested: [] }
  const needed = new Set<string>()
  for (const service of services) {
    for (const address of clusterIpsOf(service)) {
      needed.add(address)
      const object = objects.get(address)
      if (!object) plan.missing.push({ address, service })
      else if (serviceOf(object) !== keyOf(service)) plan.contested.push(address)
    }
  }
  for (const [address, { metadata }] of objects) {
    if (!needed.has(address) && metadata.labels?.[managedBy] === allocatorName) plan.orphaned.push(address)
  }
  return plan
}

function clusterIpsOf({ spec }: Service): readonly string[] {
  if (spec?.type === 'ExternalName') return []
  return (spec?.clusterIPs ?? []).filter((address) => address !== 'None')
}

function keyOf({ metadata: { namespace, name } }: Service): string {
  return `${namespace}/${name}`
}

export interface AddressRepairParts {
  objects: Objects
  store: Store
  addresses: AddressObjects
  clock: Clock
  log: Logger
}

const periodMs = 3 * 60_000

export class AddressRepair {
  readonly #parts: AddressRepairParts
  #cancel: CancelTimer | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(parts: AddressRepairParts) {
    this.#parts = parts
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.#repair()
    this.#cancel = this.#parts.clock.every(periodMs, () => {
      this.#running = this.#repair().catch((error: unknown) => {
        this.#parts.log.warn('addresses of services were not repaired', { error: String(error) })
      })
    })
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    await this.#running
  }

  async #repair(): Promise<void> {
    const { objects, store, addresses, log } = this.#parts
    // Services last: an object is never older than the Service it came with.
    const present = await objects.list(networkingV1.ipAddresses)
    const services = await objects.list(coreV1.services)
    const plan = planAddressRepair(services, present)
    for (const address of plan.contested) log.warn('a cluster IP belongs to something else', { address })
    const revisions = new Map(present.map(({ metadata }) => [metadata.name, Number(metadata.resourceVersion)]))
    const removals = addresses.releasing(plan.orphaned).map((write, index): Write => {
      const expected = revisions.get(plan.orphaned[index] ?? '')
      return expected === undefined ? write : { ...write, expected }
    })
    const additions = plan.missing.flatMap(({ address, service }) => addresses.taking([address], service))
    // One by one: each stands for itself, and another server may do the same now.
    for (const write of [...additions, ...removals]) await store.commit([write])
    if (additions.length + removals.length === 0) return
    log.info('addresses of services were repaired', { added: additions.length, removed: removals.length })
  }
}
