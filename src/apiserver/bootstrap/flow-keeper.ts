/**
 * Brings the flow schemas and priority levels of every cluster back while the server runs, when somebody took one away or
 * changed what is the server's own. Upstream looks once a minute; here it is seen, and mended soon after.
 *
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#maintenance-of-the-mandatory-and-suggested-configuration-objects.
 */
import type { KubeObject } from '../../api/meta.ts'
import { flowcontrolV1 } from '../../api/resources.ts'
import type { CancelTimer } from '../../platform/clock.ts'
import { ensureObjects, type KeeperParts, type Wanted } from './ensure.ts'
import { flowDefaults } from './flow-defaults.ts'

/** Who fights about an object is not fought more often than this. */
const mendAfterMs = 1_000

const followed = [flowcontrolV1.priorityLevelConfigurations, flowcontrolV1.flowSchemas] as const

export class FlowKeeper {
  readonly #parts: KeeperParts
  #cancel: CancelTimer | undefined
  #work: Promise<void> | undefined
  #stopped = false

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    const { objects, clock } = this.#parts
    const all = flowDefaults(clock.nowMs())
    for (const resource of followed) {
      const wanted = new Map(
        all.filter((one) => one.resource === resource).map((one) => [one.object.metadata.name ?? '', one]),
      )
      await objects.follow<KubeObject>(resource, {
        put: (object) => {
          const own = wanted.get(object.metadata.name ?? '')
          if (own?.reconcile?.(object, own.object)) this.#mendSoon()
        },
        gone: ({ metadata }) => {
          if (wanted.has(metadata.name ?? '')) this.#mendSoon()
        },
      })
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#work
  }

  #mendSoon(): void {
    if (this.#stopped || this.#cancel) return
    this.#cancel = this.#parts.clock.after(mendAfterMs, () => {
      this.#cancel = undefined
      this.#work = this.#mend()
    })
  }

  async #mend(): Promise<void> {
    const { clock, log } = this.#parts
    const isOurs = ({ resource }: Wanted) => followed.some((one) => one === resource)
    try {
      await ensureObjects(this.#parts, flowDefaults(clock.nowMs()).filter(isOurs))
    } catch (error) {
      log.warn('flow schemas or priority levels were not brought back', { error: String(error) })
      this.#mendSoon()
    }
  }
}
