/** Rewrites all objects of a resource, so that the store holds them in the version that is written now. */
import { ApiError } from '../../api/errors.ts'
import type { KubeList, KubeObject } from '../../api/meta.ts'
import { apiVersionOf } from '../../api/meta.ts'
import { apiextensionsV1, storagemigrationV1beta1 } from '../../api/resources.ts'
import type { Condition } from '../../api/types/meta/v1.ts'
import type { StorageVersionMigration } from '../../api/types/storagemigration/v1beta1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { type DiscoveredResource, discoverResources } from '../../client/discovery.ts'
import { queryOf, versionPath } from '../../client/paths.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { isSameResource, isUpTo, nextStep, withCondition } from './plan.ts'

const resource = storagemigrationV1beta1.storageVersionMigrations
const name = 'storage-version-migrator-controller'
const runner = 'migration-runner-controller'
const neededVerbs = ['update', 'patch', 'list']
const pageLength = 500
/** A resource may be served a little after its migration was asked for. */
const patienceMs = 60_000
const lookAgainMs = 5_000
/** The server may take the same write a moment later. */
const passing = new Set(['ServerTimeout', 'TooManyRequests', 'ServiceUnavailable', 'InternalError', 'Timeout'])

export function storageVersionMigrator(parts: ControllerParts): Controller {
  const migrations = parts.informers.of(resource)
  const reconciler = new MigrationReconciler(parts)
  return {
    name,
    sources: [
      source(migrations, ({ object }) => {
        const same = migrations.list().filter((other) => isSameResource(other, object))
        return same.map(({ metadata }) => metadata.name ?? '')
      }),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

class MigrationReconciler {
  readonly #parts: ControllerParts
  readonly #migrations

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#migrations = parts.informers.of(resource)
  }

  async reconcile(key: string): Promise<Outcome> {
    const migration = this.#migrations.get(key)
    if (!migration) return done
    const same = this.#migrations.list().filter((other) => isSameResource(other, migration))
    const step = nextStep(
      migration,
      same.filter(({ metadata }) => metadata.uid !== migration.metadata.uid),
    )
    switch (step.kind) {
      case 'none':
        return done
      case 'run':
        await this.#tellDefinition(migration, {
          status: 'True',
          reason: 'MigrationRunning',
          message: `Migration ${key} is running`,
        })
        return await this.#say(migration, 'Running', 'MigrationRunning', 'The migration is running')
      case 'noteVersion':
        return await this.#noteVersion(migration)
      case 'rewrite':
        return await this.#rewrite(migration, step.upTo)
      case 'conclude':
        return await this.#conclude(migration, step.succeeded)
    }
  }

  async #noteVersion(migration: StorageVersionMigration): Promise<Outcome> {
    const served = await this.#served(migration)
    if (!served) return this.#missing(migration, 'resource does not exist in discovery')
    if (!neededVerbs.every((verb) => served.verbs.includes(verb))) {
      const what = `${served.group}/${served.version}, Resource=${served.plural}`
      return await this.#fail(
        migration,
        `resource "${what}" does not support discovery operations: [${neededVerbs.join(' ')}]`,
      )
    }
    const list = await this.#page(served, { limit: '1' })
    const resourceVersion = list.metadata.resourceVersion ?? ''
    await ifThere(this.#api.updateStatus({ ...migration, status: { ...migration.status, resourceVersion } }))
    return done
  }

  async #rewrite(migration: StorageVersionMigration, upTo: string): Promise<Outcome> {
    const served = await this.#served(migration)
    if (!served)
      return this.#missing(migration, 'migration encountered unhandled error: unable to obtain GVR from discovery')
    let next: string | undefined
    do {
      const page = await this.#page(served, { limit: String(pageLength), ...(next ? { continue: next } : {}) })
      for (const { metadata } of page.items) {
        if (!isUpTo(metadata.resourceVersion ?? '0', upTo)) continue
        const refusal = await this.#touch(served, metadata)
        if (refusal) return await this.#fail(migration, `migration encountered unhandled error: ${refusal.message}`)
      }
      next = page.metadata.continue || undefined
    } while (next)
    return await this.#say(migration, 'Succeeded', 'StorageVersionMigrationSucceeded', '')
  }

  /** An apply of nothing: the server writes the object anew where the store has it in another version. */
  async #touch(served: DiscoveredResource, metadata: KubeObject['metadata']): Promise<ApiError | undefined> {
    const { name: objectName = '', namespace, uid, resourceVersion } = metadata
    const patch = { apiVersion: apiVersionOf(served), kind: served.kind, metadata: { uid, resourceVersion } }
    try {
      await this.#parts.client.of(served, namespace).patch(objectName, { type: 'apply', patch }, { fieldManager: name })
      return undefined
    } catch (error) {
      // One that changed in the meantime has been written anew, and one that is gone needs no writing.
      if (!(error instanceof ApiError) || passing.has(error.reason)) throw error
      return error.reason === 'Conflict' ? undefined : error
    }
  }

  async #conclude(migration: StorageVersionMigration, succeeded: boolean): Promise<Outcome> {
    const reason = succeeded ? 'MigrationSucceeded' : 'MigrationFailed'
    await this.#tellDefinition(migration, { status: 'False', reason, message: '' }, succeeded)
    const condition = { type: 'Running', status: 'False', reason: 'MigrationCompleted', message: 'Migration completed' }
    await ifThere(this.#api.updateStatus(withCondition(migration, this.#dated(condition))))
    return done
  }

  /** Custom resources: their definition says that a migration runs, and which versions are stored after it. */
  async #tellDefinition(
    { spec }: StorageVersionMigration,
    { status, reason, message }: Pick<Condition, 'status' | 'reason' | 'message'>,
    succeeded?: boolean,
  ): Promise<void> {
    const api = this.#parts.client.of(apiextensionsV1.customResourceDefinitions)
    const definitionName = `${spec?.resource.resource}.${spec?.resource.group}`
    const definition = spec?.resource.group ? await ifThere(api.get(definitionName)) : undefined
    if (!definition) return
    const { generation, resourceVersion } = definition.metadata
    const before = definition.status?.conditions?.find(({ type }) => type === 'StorageMigrating')
    const unchanged = before?.observedGeneration === generation
    const stored =
      succeeded !== undefined && unchanged ? definition.spec.versions.find(({ storage }) => storage)?.name : undefined
    const ended = unchanged
      ? ' and the stored versions have been updated'
      : ' but the stored versions have not been updated due to a generation mismatch'
    const said =
      succeeded === undefined ? message : succeeded ? `The migration has succeeded${ended}` : 'The migration has failed'
    const condition = { type: 'StorageMigrating', status, reason, message: said, observedGeneration: generation }
    const patch = {
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      metadata: { name: definitionName, resourceVersion },
      status: { conditions: [this.#dated(condition as Condition)], ...(stored ? { storedVersions: [stored] } : {}) },
    }
    await api.patchStatus(definitionName, { type: 'apply', patch, force: true }, { fieldManager: runner })
  }

  async #say(migration: StorageVersionMigration, type: string, reason: string, message: string): Promise<Outcome> {
    const condition = this.#dated({ type, status: 'True', reason, message })
    await ifThere(this.#api.updateStatus(withCondition(migration, condition)))
    return done
  }

  #fail(migration: StorageVersionMigration, message: string): Promise<Outcome> {
    return this.#say(migration, 'Failed', 'StorageVersionMigrationFailed', message)
  }

  async #missing(migration: StorageVersionMigration, message: string): Promise<Outcome> {
    const ageMs = this.#parts.clock.nowMs() - Date.parse(migration.metadata.creationTimestamp ?? '')
    return ageMs < patienceMs ? { kind: 'requeueAfter', delayMs: lookAgainMs } : await this.#fail(migration, message)
  }

  async #served({ spec }: StorageVersionMigration): Promise<DiscoveredResource | undefined> {
    const { resources } = await discoverResources(this.#parts.client)
    return resources.find(
      ({ group, plural }) => group === (spec?.resource.group ?? '') && plural === spec?.resource.resource,
    )
  }

  #page(served: DiscoveredResource, query: Record<string, string>): Promise<KubeList<KubeObject>> {
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
    const path = `${versionPath(served)}/${served.plural}${queryOf(query)}`
    return this.#parts.client.raw('GET', path, undefined, { accept })
  }

  #dated(condition: Omit<Condition, 'lastTransitionTime'>): Condition {
    return { ...condition, lastTransitionTime: rfc3339(this.#parts.clock.nowMs()) } as Condition
  }

  get #api() {
    return this.#parts.client.of(resource)
  }
}
