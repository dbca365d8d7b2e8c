/**
 * The definitions of a cluster at work: each is given its names, served as soon as it has them, and taken away with its
 * instances when it is deleted. Every server does this for itself; what several write is the same.
 *
 * What has to be done is decided elsewhere (`definition/plan.ts`); here it is done, one definition at a time.
 */
import type { KubeObject } from '../../api/meta.ts'
import { apiextensionsV1 } from '../../api/resources.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../api/types/apiextensions/v1.ts'
import { limits } from '../../limits.ts'
import type { Logger } from '../../platform/log.ts'
import { admitAll } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { changeStored } from '../registry/change.ts'
import { deleteObject } from '../registry/delete.ts'
import type { Caller, RegistryParts } from '../registry/parts.ts'
import { currentOf, fromStored } from '../registry/persistence.ts'
import type { UserInfo } from '../request.ts'
import type { Scheme } from '../scheme/scheme.ts'
import type { WebhookParts } from '../webhook/client.ts'
import { isTrue, type NewCondition, withCondition } from './definition/conditions.ts'
import { plannedStatus, type Taken } from './definition/plan.ts'
import { cleanupFinalizer } from './definition/strategy.ts'
import { type CustomVersion, servedVersions } from './resource/served.ts'
import type { RuleTimes } from './value/rule-times.ts'

export interface DefinitionsParts {
  registry: RegistryParts
  objects: Objects
  scheme: Scheme
  log: Logger
  /** Calls conversion webhooks; without it they fail. */
  webhooks: WebhookParts | undefined
  /** Who writes statuses. */
  user: UserInfo
  ruleTimes: RuleTimes
}

interface Known {
  /** Names that the definition holds in its group. */
  group: string
  resources: readonly string[]
  kinds: readonly string[]
  /** What of the definition is served; empty until its names are accepted. */
  versions: readonly CustomVersion[]
  /** Changes when what is served does. */
  serving: Serving
  /** All its names were free. */
  accepted: boolean
  /** Ends the wait for its instances to go. */
  unwatch?: () => void
}

interface Serving {
  /** Names, versions, schemas. */
  shape: string
  /** It is being deleted. */
  terminating: boolean
}

export class Definitions {
  readonly #parts: DefinitionsParts
  readonly #registry: RegistryParts
  readonly #caller: Caller
  readonly #known = new Map<string, Known>()
  readonly #groups = new Map<string, Set<string>>()
  readonly #waiting = new Set<string>()
  /** Who waits for a definition to be brought up to date. */
  readonly #watchers = new Map<string, Set<() => void>>()
  #working = false
  #stopped = false

  constructor(parts: DefinitionsParts) {
    this.#parts = parts
    this.#registry = { ...parts.registry, admission: admitAll }
    this.#caller = { user: parts.user, manager: 'kube-apiserver', warn: () => undefined }
  }

  /** Resolves when all definitions that exist are served. */
  async start(): Promise<void> {
    await this.#parts.objects.follow(apiextensionsV1.customResourceDefinitions, {
      put: (definition) => this.#put(definition),
      gone: (definition) => this.#gone(definition.metadata.name ?? ''),
    })
  }

  /**
   * Resolves when a definition that was just stored has its conditions, so that who creates one and looks again sees
   * them; after `limits.definitionWaitMs` at the latest, for another's instances may be on their way out.
   */
  written(name: string): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    return new Promise((resolve) => {
      const watchers = this.#watchers.get(name) ?? new Set()
      this.#watchers.set(name, watchers)
      const cancel = this.#registry.clock.after(limits.definitionWaitMs, resolve)
      watchers.add(() => {
        cancel()
        resolve()
      })
      this.#enqueue(name)
    })
  }

  #looked(name: string): void {
    for (const watcher of this.#watchers.get(name) ?? []) watcher()
    this.#watchers.delete(name)
  }

  stop(): void {
    this.#stopped = true
    this.#waiting.clear()
    for (const name of this.#watchers.keys()) this.#looked(name)
    for (const { unwatch } of this.#known.values()) unwatch?.()
  }

  #put(definition: CustomResourceDefinition): void {
    const name = definition.metadata.name ?? ''
    const before = this.#known.get(name)
    const serving = servingOf(definition)
    const same = before?.serving.shape === serving.shape && before.serving.terminating === serving.terminating
    const known = same ? before : this.#serve(definition, before, serving)
    const names = definition.status?.acceptedNames
    known.resources = [names?.plural, names?.singular, ...(names?.shortNames ?? [])].filter(
      (each) => each !== undefined,
    )
    known.kinds = [names?.kind, names?.listKind].filter((each) => each !== undefined)
    known.accepted = isTrue(definition, 'NamesAccepted')
    this.#known.set(name, known)
    this.#inGroup(known.group).add(name)
    this.#enqueue(name)
  }

  #serve(definition: CustomResourceDefinition, before: Known | undefined, serving: Serving): Known {
    if (before) this.#unserve(before, before.serving.shape !== serving.shape)
    const name = definition.metadata.name ?? ''
    const isServed = isTrue(definition, 'NamesAccepted') || isTrue(definition, 'Established')
    const versions = isServed ? servedVersions(definition, () => this.#load(name), this.#parts) : []
    for (const version of versions) this.#parts.scheme.add(version)
    return { group: definition.spec.group, resources: [], kinds: [], versions, serving, accepted: false }
  }

  /** From the cache's bytes, which are kept anyway; the definition itself is let go. */
  #load(name: string): CustomResourceDefinition {
    const served = this.#parts.scheme.of(apiextensionsV1.customResourceDefinitions)
    const stored = this.#registry.caches.of(served).get(served.storePrefix + name)
    if (!stored) throw new Error(`the definition ${name} is gone`)
    return stored.shared as CustomResourceDefinition
  }

  #gone(name: string): void {
    const known = this.#known.get(name)
    if (!known) return
    this.#unserve(known, true)
    this.#known.delete(name)
    const group = this.#inGroup(known.group)
    group.delete(name)
    if (group.size === 0) this.#groups.delete(known.group)
    this.#namesFreed(known.group)
  }

  /** Watches of what changed are ended: they would go on to show what was. */
  #unserve({ versions, unwatch }: Known, changed: boolean): void {
    unwatch?.()
    for (const version of versions) this.#parts.scheme.remove(version)
    const [first] = versions
    if (first && changed) this.#registry.caches.drop(first)
  }

  #inGroup(group: string): Set<string> {
    let names = this.#groups.get(group)
    if (!names) {
      names = new Set()
      this.#groups.set(group, names)
    }
    return names
  }

  /** Who waits for a name in the group may have got it. */
  #namesFreed(group: string): void {
    for (const name of this.#groups.get(group) ?? []) if (!this.#known.get(name)?.accepted) this.#enqueue(name)
  }

  #enqueue(name: string): void {
    if (this.#stopped) return
    this.#waiting.add(name)
    if (this.#working) return
    this.#working = true
    queueMicrotask(() => void this.#work())
  }

  async #work(): Promise<void> {
    for (const name of this.#waiting) {
      this.#waiting.delete(name)
      try {
        await this.#reconcile(name)
      } catch (error) {
        if (this.#stopped) break
        this.#parts.log.error('a custom resource definition could not be brought up to date', {
          name,
          error: String(error),
        })
        this.#registry.clock.after(limits.definitionRetryMs, () => this.#enqueue(name))
      }
      this.#looked(name)
    }
    this.#working = false
  }

  async #reconcile(name: string): Promise<void> {
    const target = this.#target(name)
    const stored = await currentOf(this.#registry, target)
    if (!stored) return
    const definition = fromStored(target.served, stored) as CustomResourceDefinition
    if (definition.metadata.deletionTimestamp) return await this.#finalize(definition)
    const next = plannedStatus(definition, this.#taken(definition), this.#registry.clock.nowMs())
    if (next === definition.status) return
    await this.#writeStatus(name, (current) =>
      plannedStatus(current, this.#taken(current), this.#registry.clock.nowMs()),
    )
    this.#namesFreed(definition.spec.group)
  }

  #taken({ metadata, spec }: CustomResourceDefinition): Taken {
    const resources = new Set<string>()
    const kinds = new Set<string>()
    for (const name of this.#groups.get(spec.group) ?? []) {
      if (name === metadata.name) continue
      for (const each of this.#known.get(name)?.resources ?? []) resources.add(each)
      for (const each of this.#known.get(name)?.kinds ?? []) kinds.add(each)
    }
    return { resources, kinds }
  }

  async #writeStatus(
    name: string,
    planned: (definition: CustomResourceDefinition) => CustomResourceDefinitionStatus,
  ): Promise<void> {
    const change = (object: KubeObject): void => {
      const definition = object as CustomResourceDefinition
      definition.status = planned(definition)
    }
    const target = { ...this.#target(name), subresource: 'status' }
    await changeStored(this.#registry, { target, caller: this.#caller, dryRun: false, change })
  }

  /** Instances first; the definition goes when none is left. */
  async #finalize(definition: CustomResourceDefinition): Promise<void> {
    const name = definition.metadata.name ?? ''
    if (!definition.metadata.finalizers?.includes(cleanupFinalizer)) return
    const [version] = this.#known.get(name)?.versions ?? []
    const established = isTrue(definition, 'Established') && version !== undefined
    if (established && !(await this.#deleteInstances(name, version))) return
    const condition = {
      type: 'Terminating',
      status: 'False',
      reason: established ? 'InstanceDeletionCompleted' : 'NeverEstablished',
      message: established ? 'removed all instances' : 'resource was never established',
    } as const
    await this.#remove(name, condition)
  }

  async #remove(name: string, condition: NewCondition): Promise<void> {
    const target = this.#target(name)
    const left = await changeStored(this.#registry, {
      target,
      caller: this.#caller,
      dryRun: false,
      change: (object) => {
        const definition = object as CustomResourceDefinition
        const { metadata, status } = definition
        metadata.finalizers = (metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer)
        const conditions = withCondition(status?.conditions ?? [], condition, this.#registry.clock.nowMs())
        definition.status = { ...status, conditions: [...conditions] }
      },
    })
    if ((left.metadata.finalizers ?? []).length > 0) return
    await deleteObject(this.#registry, { target, caller: this.#caller, options: {} }).catch(ignoreNotFound)
  }

  /** Whether none is left; else the definition is looked at again when one goes. */
  async #deleteInstances(name: string, version: CustomVersion): Promise<boolean> {
    const cache = await this.#registry.caches.fresh(version)
    if (!cache) throw new Error('its instances cannot be listed yet')
    const { items } = cache.list({ prefix: version.storePrefix })
    if (items.length === 0) return true
    const nowMs = this.#registry.clock.nowMs()
    await this.#writeStatus(name, ({ status }) => ({
      ...status,
      conditions: [...withCondition(status?.conditions ?? [], deleting, nowMs)],
    }))
    for (const stored of items) {
      const { metadata } = stored.shared
      if (metadata.deletionTimestamp) continue
      const target = {
        served: version,
        namespace: metadata.namespace ?? '',
        name: metadata.name ?? '',
        subresource: '',
      }
      await deleteObject(this.#registry, { target, caller: this.#caller, options: {} }).catch(ignoreNotFound)
    }
    const known = this.#known.get(name)
    if (!known) return true
    known.unwatch?.()
    known.unwatch = cache.subscribe({
      deliver: ({ current }) => {
        if (!current) this.#enqueue(name)
      },
      ended: () => undefined,
    })
    return (await this.#registry.caches.fresh(version))?.size === 0
  }

  #target(name: string): { served: ReturnType<Scheme['of']>; namespace: ''; name: string; subresource: '' } {
    return {
      served: this.#parts.scheme.of(apiextensionsV1.customResourceDefinitions),
      namespace: '',
      name,
      subresource: '',
    }
  }
}

const deleting = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
} as const

function servingOf({ metadata, status }: CustomResourceDefinition): Serving {
  const served = status?.conditions?.some(
    ({ type, status: state }) => (type === 'NamesAccepted' || type === 'Established') && state === 'True',
  )
  const terminating = metadata.deletionTimestamp !== undefined
  return {
    shape: JSON.stringify([metadata.uid, metadata.generation, served ?? false, status?.acceptedNames]),
    terminating,
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 404)) throw error
}
