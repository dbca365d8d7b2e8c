/** Namespaces that the simulated user makes, fills and deletes with all that is in them. */
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { Client } from '../../client/client.ts'
import type { Random } from '../../platform/random.ts'
import { deployment, service } from './manifests.ts'
import type { Persist } from './persist.ts'

export interface TeamsParts {
  client: Client
  random: Random
  persist: Persist
}

const teamsMax = 2

export class Teams {
  readonly #parts: TeamsParts
  #names: string[] = []
  #made = 0

  constructor(parts: TeamsParts) {
    this.#parts = parts
  }

  /** One more, or one less. */
  async act(): Promise<void> {
    const { random } = this.#parts
    if (this.#names.length < teamsMax) return this.#create()
    const name = this.#names[random.int(this.#names.length)] ?? ''
    this.#names = this.#names.filter((each) => each !== name)
    const api = this.#parts.client.of(coreV1.namespaces)
    await this.#parts.persist(`delete namespace ${name}`, () => api.delete(name))
  }

  async #create(): Promise<void> {
    const { client, persist, random } = this.#parts
    const name = `team-${++this.#made}`
    this.#names.push(name)
    await persist(`create namespace ${name}`, () => client.of(coreV1.namespaces).create({ metadata: { name } }))
    const app = `app-${this.#made}`
    const objects = [
      () => client.of(appsV1.deployments, name).create(within(name, deployment(app, 1 + random.int(2)))),
      () => client.of(coreV1.services, name).create(within(name, service(app))),
      () => client.of(coreV1.configMaps, name).create({ metadata: { name: 'settings', namespace: name } }),
    ]
    for (const create of objects) await persist(`create something in ${name}`, create)
  }
}

function within<T extends { metadata: object }>(namespace: string, object: T): T {
  return { ...object, metadata: { ...object.metadata, namespace } }
}
