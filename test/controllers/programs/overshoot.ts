/** Watches pods come, and finds a controller that makes more of them than its owner ever asked for. */
import type { KubeObject, Resource } from '../../../src/api/meta.ts'
import { appsV1, batchV1, coreV1 } from '../../../src/api/resources.ts'
import type { ReplicaSet } from '../../../src/api/types/apps/v1.ts'
import type { Job } from '../../../src/api/types/batch/v1.ts'
import type { Pod } from '../../../src/api/types/core/v1.ts'
import type { Client } from '../../../src/client/client.ts'

const owning: readonly Resource[] = [
  appsV1.replicaSets,
  coreV1.replicationControllers,
  appsV1.statefulSets,
  batchV1.jobs,
]

interface Owner {
  name: string
  pods: Map<string, Pod>
  /** The most pods it had at once. */
  peak: number
  /** The most it ever asked for. Undefined until its own watch told of it, which may be after its pods'. */
  wanted?: number
}

export class Overshoot {
  readonly #owners = new Map<string, Owner>()
  #stopping = new AbortController()
  #forgiven = false

  /** From the objects there are on. */
  follow(client: Client): void {
    this.#stopping = new AbortController()
    for (const owner of this.#owners.values()) owner.pods.clear()
    const follow = (resource: Resource, note: (object: KubeObject, gone: boolean) => void) =>
      void watchAll(client, resource, note, this.#stopping.signal).catch(() => undefined)
    for (const resource of owning) follow(resource, (object) => this.#noteOwner(object))
    follow(coreV1.pods, (pod, gone) => this.#notePod(pod, !gone && isAlive(pod)))
  }

  stop(): void {
    this.#stopping.abort()
  }

  /** From now on more may be made than is wanted. */
  forgive(): void {
    this.#forgiven = true
  }

  /** In words, now that both watches have told everything. */
  get found(): string[] {
    return [...this.#owners.values()]
      .filter(({ peak, wanted }) => wanted !== undefined && peak > wanted)
      .map(({ name, peak, wanted }) => `${name} had ${peak} pods at once, and asked for ${wanted} at most`)
  }

  #noteOwner(object: KubeObject): void {
    const { parallelism, replicas } = { ...(object as Job).spec, ...(object as ReplicaSet).spec }
    const owner = this.#owner(object.metadata.uid ?? '', `${object.kind} ${object.metadata.name}`)
    owner.wanted = Math.max(owner.wanted ?? 0, parallelism ?? replicas ?? 1)
  }

  #notePod(pod: Pod, alive: boolean): void {
    const { uid = '', name, ownerReferences = [] } = pod.metadata
    for (const { pods } of this.#owners.values()) pods.delete(uid)
    const reference = ownerReferences.find(({ controller }) => controller)
    // What was adopted comes on top, and is removed.
    if (!reference || !alive || name?.includes('-orphan-')) return
    const owner = this.#owner(reference.uid, `${reference.kind} ${reference.name}`)
    owner.pods.set(uid, pod)
    if (!this.#forgiven) owner.peak = Math.max(owner.peak, owner.pods.size)
  }

  #owner(uid: string, name: string): Owner {
    const known = this.#owners.get(uid) ?? { name, pods: new Map(), peak: 0 }
    this.#owners.set(uid, known)
    return known
  }
}

async function watchAll(
  client: Client,
  resource: Resource,
  note: (object: KubeObject, gone: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of client.of(resource).watch({ resourceVersion: '0', signal })) {
    if (event.type === 'ADDED' || event.type === 'MODIFIED') note(event.object, false)
    if (event.type === 'DELETED') note(event.object, true)
  }
}

function isAlive({ metadata, status }: Pod): boolean {
  return !metadata.deletionTimestamp && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}
