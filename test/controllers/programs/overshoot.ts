/** Watches pods come, and finds a controller that makes more of them than its owner can ever have asked for. */
import { coreV1 } from '../../../src/api/resources.ts'
import type { Pod } from '../../../src/api/types/core/v1.ts'
import type { Client } from '../../../src/client/client.ts'

/** The most that programs ask of one owner: five replicas, with a surge of 25 % two more. */
const most: Readonly<Record<string, number>> = {
  ReplicaSet: 7,
  ReplicationController: 5,
  StatefulSet: 5,
  Job: 2,
}

export class Overshoot {
  readonly found: string[] = []
  readonly #alive = new Map<string, Map<string, Pod>>()
  #stopping = new AbortController()
  #forgiven = false

  /** From the objects there are on. */
  follow(client: Client): void {
    this.#stopping = new AbortController()
    this.#alive.clear()
    void this.#watch(client, this.#stopping.signal).catch(() => undefined)
  }

  stop(): void {
    this.#stopping.abort()
  }

  /** From now on more may be made than is wanted. */
  forgive(): void {
    this.#forgiven = true
  }

  async #watch(client: Client, signal: AbortSignal): Promise<void> {
    for await (const event of client.of(coreV1.pods).watch({ resourceVersion: '0', signal })) {
      if (event.type === 'ADDED' || event.type === 'MODIFIED') this.#note(event.object, isAlive(event.object))
      if (event.type === 'DELETED') this.#note(event.object, false)
    }
  }

  #note(pod: Pod, alive: boolean): void {
    const { uid = '', ownerReferences = [] } = pod.metadata
    for (const [owner, pods] of this.#alive) if (pods.delete(uid) && pods.size === 0) this.#alive.delete(owner)
    const owner = ownerReferences.find(({ controller }) => controller)
    if (!owner || !alive) return
    const pods = this.#alive.get(owner.uid) ?? new Map<string, Pod>()
    this.#alive.set(owner.uid, pods)
    pods.set(uid, pod)
    const limit = most[owner.kind]
    if (this.#forgiven || limit === undefined || pods.size <= limit) return
    // What was adopted comes on top, and is removed.
    const made = [...pods.values()].filter(({ metadata }) => !metadata.name?.includes('-orphan-'))
    if (made.length > limit) this.found.push(`${owner.kind} ${owner.name} has ${made.length} pods at once`)
  }
}

function isAlive({ metadata, status }: Pod): boolean {
  return !metadata.deletionTimestamp && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}
