/**
 * An APIService for every group version that this server answers itself. Those of built-in groups are made when a server
 * starts and may be taken away until the next start; those of custom resources come and go with their definitions. One
 * that somebody took the label from is theirs, and left alone.
 *
 * Source: https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/.
 */
import { apiextensionsV1, apiregistrationV1 } from '../../api/resources.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts'
import type { APIService } from '../../api/types/apiregistration/v1.ts'
import type { CancelTimer } from '../../platform/clock.ts'
import { customPriority, defaultPriority, managedLabel, type Priority, serviceName } from '../aggregation/priorities.ts'
import { localCondition } from '../registry/apiregistration/apiservice.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { objectKey } from '../scheme/served.ts'
import { ensureObjects, type KeeperParts, type Wanted } from './ensure.ts'

const { apiServices } = apiregistrationV1
const retryMs = 1_000

/** Of what the scheme serves, but for custom resources and the group of APIServices itself. */
export function builtInApiServices(scheme: Scheme, nowMs: number): Wanted[] {
  const wanted: Wanted[] = []
  for (const [group, versions] of scheme.groups) {
    if (group === apiServices.group) continue
    for (const version of versions) {
      if ([...scheme.resourcesOf(group, version)].every(({ custom }) => custom)) continue
      wanted.push(wantedOf({ group, version, managed: 'onstart', priority: defaultPriority(group, version), nowMs }))
    }
  }
  return wanted
}

interface Local {
  group: string
  version: string
  managed: 'onstart' | 'true'
  priority: Priority
  nowMs: number
}

function wantedOf({ group, version, managed, priority, nowMs }: Local): Wanted {
  const spec = { ...(group === '' ? {} : { group }), version, ...priority }
  const object: APIService = {
    metadata: { name: serviceName(group, version), labels: { [managedLabel]: managed } },
    spec,
    status: { conditions: [localCondition(nowMs)] },
  }
  return {
    resource: apiServices,
    object,
    reconcile(present) {
      const { metadata, spec: found } = present as APIService
      const label = metadata.labels?.[managedLabel]
      if (label === undefined) return undefined
      const same = label === managed && JSON.stringify(sorted(found)) === JSON.stringify(sorted(spec))
      const labels = { ...metadata.labels, [managedLabel]: managed }
      return same ? undefined : { ...present, metadata: { ...metadata, labels }, spec }
    },
  }
}

function sorted(spec: object | undefined): [string, unknown][] {
  return Object.entries(spec ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Keeps those of custom resources, and takes away those that are nobody's any more. */
export class LocalApiServices {
  readonly #parts: KeeperParts
  /** How many definitions serve a group version, by the APIService's name. */
  readonly #owners = new Map<string, { group: string; version: string; definitions: number }>()
  /** Names of APIServices, by definition. */
  readonly #served = new Map<string, ReadonlySet<string>>()
  readonly #waiting = new Set<string>()
  #work: Promise<void> | undefined
  #cancelRetry: CancelTimer | undefined
  #stopped = false

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  /** Resolves when all definitions and APIServices are known; what they lack is written after that. */
  async start(): Promise<void> {
    const { objects } = this.#parts
    await objects.follow(apiextensionsV1.customResourceDefinitions, {
      put: (definition) => this.#defined(definition, servedVersions(definition)),
      gone: (definition) => this.#defined(definition, []),
    })
    const touched = ({ metadata }: APIService) => this.#touch(metadata.name ?? '')
    await objects.follow(apiServices, { put: touched, gone: touched })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRetry?.()
    await this.#work
  }

  #defined({ metadata, spec: { group } }: CustomResourceDefinition, versions: readonly string[]): void {
    const definition = metadata.name ?? ''
    const names = new Set(versions.map((version) => serviceName(group, version)))
    const before = this.#served.get(definition) ?? new Set()
    if (names.size > 0) this.#served.set(definition, names)
    else this.#served.delete(definition)
    for (const version of versions) {
      const name = serviceName(group, version)
      if (before.has(name)) continue
      const owner = this.#owners.get(name) ?? { group, version, definitions: 0 }
      owner.definitions += 1
      this.#owners.set(name, owner)
      this.#touch(name)
    }
    for (const name of before) {
      const owner = this.#owners.get(name)
      if (names.has(name) || !owner) continue
      owner.definitions -= 1
      if (owner.definitions === 0) this.#owners.delete(name)
      this.#touch(name)
    }
  }

  #touch(name: string): void {
    if (this.#stopped) return
    this.#waiting.add(name)
    this.#work ??= this.#reconcileAll().finally(() => {
      this.#work = undefined
      // What came after the last look.
      const [next] = this.#waiting
      if (next !== undefined) this.#touch(next)
    })
  }

  /** All that wait at once: a thousand definitions are one look at what there is. */
  async #reconcileAll(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#stopped) {
      const names = [...this.#waiting]
      this.#waiting.clear()
      try {
        await this.#reconcile(names)
      } catch (error) {
        this.#parts.log.warn('local APIServices were not brought up to date', { error: String(error) })
        this.#cancelRetry = this.#parts.clock.after(retryMs, () => {
          for (const name of names) this.#touch(name)
        })
        return
      }
    }
  }

  async #reconcile(names: readonly string[]): Promise<void> {
    const nowMs = this.#parts.clock.nowMs()
    const wanted: Wanted[] = []
    for (const name of names) {
      const owner = this.#owners.get(name)
      if (owner) wanted.push(wantedOf({ ...owner, managed: 'true', priority: customPriority, nowMs }))
      else await this.#removeUnowned(name)
    }
    if (wanted.length > 0) await ensureObjects(this.#parts, wanted)
  }

  async #removeUnowned(name: string): Promise<void> {
    const { scheme, objects, store } = this.#parts
    const present = await objects.get(apiServices, name)
    const managed = present?.metadata.labels?.[managedLabel]
    if (!present || managed === undefined || this.#isBuiltIn(present, managed)) return
    const key = objectKey(scheme.of(apiServices), '', name)
    await store.commit([{ op: 'delete', key, expected: Number(present.metadata.resourceVersion) }])
  }

  #isBuiltIn({ spec }: APIService, managed: string): boolean {
    const { group = '', version = '' } = spec ?? {}
    return managed === 'onstart' && this.#parts.scheme.hasVersion(group, version)
  }
}

function servedVersions({ spec }: CustomResourceDefinition): string[] {
  return spec.versions.filter(({ served }) => served).map(({ name }) => name)
}
