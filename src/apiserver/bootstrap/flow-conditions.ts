/**
 * Says in each FlowSchema's status whether the priority level that it names exists.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ (condition Dangling).
 */
import { apiVersionOf } from '../../api/meta.ts'
import { flowcontrolV1 } from '../../api/resources.ts'
import type { FlowSchema, FlowSchemaCondition, PriorityLevelConfiguration } from '../../api/types/flowcontrol/v1.ts'
import type { StatusWriter } from '../../client/client.ts'
import { type CancelTimer, type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Objects } from '../objects.ts'

export interface FlowConditionsParts {
  objects: Objects
  /** Called when there is something to write. */
  writer(): Pick<StatusWriter<FlowSchema>, 'patchStatus'>
  clock: Clock
  log: Logger
}

/** As managed fields name who writes these conditions. */
export const conditionsManager = 'api-priority-and-fairness-config-consumer-v1'
const retryMs = 1_000

export class FlowConditions {
  readonly #parts: FlowConditionsParts
  readonly #schemas = new Map<string, FlowSchema>()
  readonly #levels = new Set<string>()
  readonly #waiting = new Set<string>()
  readonly #writing = new Map<string, Promise<boolean>>()
  #working = false
  #stopped = false
  #cancelRetry: CancelTimer | undefined

  constructor(parts: FlowConditionsParts) {
    this.#parts = parts
  }

  /** Resolves when both collections are known; what they lack is written after that. */
  async start(): Promise<void> {
    const { objects } = this.#parts
    await objects.follow(flowcontrolV1.priorityLevelConfigurations, {
      put: ({ metadata }: PriorityLevelConfiguration) => this.#levelChanged(metadata.name ?? '', true),
      gone: ({ metadata }: PriorityLevelConfiguration) => this.#levelChanged(metadata.name ?? '', false),
    })
    await objects.follow(flowcontrolV1.flowSchemas, {
      put: (schema: FlowSchema) => {
        this.#schemas.set(schema.metadata.name ?? '', schema)
        this.#consider(schema.metadata.name ?? '')
      },
      gone: ({ metadata }: FlowSchema) => void this.#schemas.delete(metadata.name ?? ''),
    })
  }

  stop(): void {
    this.#stopped = true
    this.#cancelRetry?.()
  }

  #levelChanged(level: string, exists: boolean): void {
    if (this.#levels.has(level) === exists) return
    if (exists) this.#levels.add(level)
    else this.#levels.delete(level)
    for (const [name, { spec }] of this.#schemas) {
      if (spec?.priorityLevelConfiguration.name === level) this.#consider(name)
    }
  }

  #consider(name: string): void {
    this.#waiting.add(name)
    if (this.#working || this.#stopped) return
    this.#working = true
    void this.#work()
  }

  /** Resolves when the condition of a schema that was just stored stands, or could not be written. */
  async written(name: string): Promise<void> {
    if (!this.#stopped) await this.#write(name)
  }

  async #work(): Promise<void> {
    const failed: string[] = []
    for (const name of this.#waiting) {
      this.#waiting.delete(name)
      if (this.#stopped) return
      if (!(await this.#write(name))) failed.push(name)
    }
    this.#working = false
    if (failed.length === 0 || this.#stopped) return
    this.#cancelRetry = this.#parts.clock.after(retryMs, () => {
      for (const name of failed) this.#consider(name)
    })
  }

  #write(name: string): Promise<boolean> {
    const writing = this.#writing.get(name) ?? this.#writeNow(name).finally(() => this.#writing.delete(name))
    this.#writing.set(name, writing)
    return writing
  }

  async #writeNow(name: string): Promise<boolean> {
    const { objects } = this.#parts
    const schema = await objects.get(flowcontrolV1.flowSchemas, name)
    const condition = schema && danglingCondition(schema, this.#levels, this.#parts.clock.nowMs())
    if (!condition) return true
    const { flowSchemas: resource } = flowcontrolV1
    const patch = {
      ...{ apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name } },
      status: { conditions: [condition] },
    }
    try {
      await this.#parts
        .writer()
        .patchStatus(name, { type: 'apply', patch, force: true }, { fieldManager: conditionsManager })
      return true
    } catch (error) {
      if (!this.#schemas.has(name)) return true
      this.#parts.log.warn('the condition of a flow schema was not written', { name, error: String(error) })
      return false
    }
  }
}

/** The condition that should stand; undefined when it does. Pure. */
export function danglingCondition(
  { spec, status }: FlowSchema,
  levels: ReadonlySet<string>,
  nowMs: number,
): FlowSchemaCondition | undefined {
  const level = spec?.priorityLevelConfiguration.name ?? ''
  const wanted = found(level, levels.has(level))
  const present = status?.conditions?.find(({ type }) => type === 'Dangling')
  const stands =
    present !== undefined &&
    (['status', 'reason', 'message'] as const).every((field) => present[field] === wanted[field])
  return stands ? undefined : { ...wanted, lastTransitionTime: rfc3339(nowMs) }
}

/** As a new schema's status says it. */
export function found(level: string, exists: boolean): FlowSchemaCondition {
  return {
    type: 'Dangling',
    status: exists ? 'False' : 'True',
    reason: exists ? 'Found' : 'NotFound',
    message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" ${exists ? 'and it exists' : 'but there is no such object'}`,
  }
}
