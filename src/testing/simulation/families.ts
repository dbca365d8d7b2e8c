/**
 * Objects of the simulated user that own others of his, so that nobody but the garbage collector removes those. What is
 * owned may go only when every owner is gone, or waits for what it owns; without an owner it stays.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import { coreV1 } from '../../api/resources.ts'
import type { ConfigMap, Secret } from '../../api/types/core/v1.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Random } from '../../platform/random.ts'
import type { Findings } from './findings.ts'
import { namespace } from './manifests.ts'
import type { Persist } from './persist.ts'
import { type Change, decoded, type Truth } from './truth.ts'

export interface FamiliesParts {
  client: Client
  truth: Truth
  findings: Findings
  random: Random
  persist: Persist
}

const familiesMax = 3
const policies = ['Background', 'Foreground', 'Orphan'] as const
const owned = `/registry/secrets/${namespace}/child-`

export class Families {
  readonly #parts: FamiliesParts
  /** Names of owners that are to be there. */
  #owners: string[] = []
  #made = 0

  constructor(parts: FamiliesParts) {
    this.#parts = parts
    parts.truth.onChange(owned, (change) => this.#onOwned(change))
  }

  /** One step with one family. */
  async act(): Promise<void> {
    const { random } = this.#parts
    if (this.#owners.length < familiesMax) {
      const name = `parent-${++this.#made}`
      this.#owners.push(name)
      await this.#createOwner(name)
      return this.#createOwned(name)
    }
    const name = this.#owners[random.int(this.#owners.length)] ?? ''
    if (random.int(2) === 0) return this.#createOwned(name)
    await this.#delete(name)
    // Another one by the same name must not be taken for it.
    if (random.int(2) === 0) return this.#createOwner(name)
    this.#owners = this.#owners.filter((each) => each !== name)
  }

  async #createOwner(name: string): Promise<void> {
    const api = this.#parts.client.of(coreV1.configMaps, namespace)
    await this.#parts.persist(`create ${name}`, () => api.create({ metadata: { name, namespace } }))
  }

  async #createOwned(name: string): Promise<void> {
    const { client, persist, random } = this.#parts
    const others = this.#owners.filter((each) => each !== name)
    const second = random.int(3) === 0 ? others[random.int(Math.max(1, others.length))] : undefined
    const ownerReferences: OwnerReference[] = []
    for (const owner of second === undefined ? [name] : [name, second]) {
      const found = await this.#owner(owner)
      if (found) ownerReferences.push(referenceTo(found))
    }
    if (ownerReferences.length === 0) return
    const child: Secret = { metadata: { name: `child-${++this.#made}`, namespace, ownerReferences } }
    const owners = ownerReferences.map((owner) => owner.name).join(' and ')
    const what = `create ${child.metadata.name} of ${owners}`
    await persist(what, () => client.of(coreV1.secrets, namespace).create(child))
  }

  async #delete(name: string): Promise<void> {
    const { client, persist, random } = this.#parts
    const found = await this.#owner(name)
    const { uid } = found?.metadata ?? {}
    if (!uid) return
    const propagationPolicy = policies[random.int(policies.length)] ?? 'Background'
    const api = client.of(coreV1.configMaps, namespace)
    const options = { propagationPolicy, preconditions: { uid } }
    await persist(`delete ${name}, ${propagationPolicy}`, () => api.delete(name, options))
  }

  async #owner(name: string): Promise<ConfigMap | undefined> {
    const found = await this.#parts.client
      .of(coreV1.configMaps, namespace)
      .get(name)
      .catch(() => undefined)
    return found?.metadata.deletionTimestamp ? undefined : found
  }

  #onOwned({ value, previous }: Change): void {
    const before = previous && decoded<Secret>(previous)
    const now = value && decoded<Secret>(value)
    if (!before || before.metadata.deletionTimestamp || (now && !now.metadata.deletionTimestamp)) return
    const { name, ownerReferences = [] } = before.metadata
    const keeping = ownerReferences.find((owner) => this.#keeps(owner))
    if (ownerReferences.length > 0 && !keeping) return
    const why = keeping ? `its owner ${keeping.name} is there` : 'it has no owner'
    this.#parts.findings.report('owners decide about deletion', `${name} is deleted, and ${why}`)
  }

  /** Whether the very object is there, and is not waiting for what it owns to go. */
  #keeps({ name, uid }: OwnerReference): boolean {
    const owner = this.#parts.truth.object<ConfigMap>(`/registry/configmaps/${namespace}/${name}`)
    if (owner?.metadata.uid !== uid) return false
    const { deletionTimestamp, finalizers = [] } = owner.metadata
    return !(deletionTimestamp && finalizers.includes('foregroundDeletion'))
  }
}

function referenceTo({ metadata: { name = '', uid = '' } }: ConfigMap): OwnerReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion: true }
}
