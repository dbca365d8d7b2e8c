/**
 * Resources by pod, kept on disk so that the next agent finds them: what is set aside must not be taken from a pod, and
 * not be given twice, because an agent was restarted. Losing the file costs no pod anything but its pending resize.
 * Source: the kubelet's `allocated_pods_state` and `actuated_pods_state`.
 */
import { createHash } from 'node:crypto'
import type { ResourceRequirements } from '../../api/types/core/v1.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Logger } from '../../platform/log.ts'
import type { PodResources } from './pod-resources.ts'

export interface ResourceStateParts {
  disk: Disk
  log: Logger
  path: string
}

interface Stored {
  uid: string
  containers: [name: string, resources: ResourceRequirements][]
  pod?: ResourceRequirements
}

/** Resources by pod, for as long as the process lives. */
export class HeldResources {
  readonly #pods: Map<string, PodResources>

  constructor(pods = new Map<string, PodResources>()) {
    this.#pods = pods
  }

  get(uid: string): PodResources | undefined {
    return this.#pods.get(uid)
  }

  set(uid: string, resources: PodResources): void {
    this.#pods.set(uid, resources)
    this.changed()
  }

  /** Of one container, beside those of the others. */
  setContainer(uid: string, name: string, resources: ResourceRequirements): void {
    const known = this.#pods.get(uid)
    this.set(uid, { ...known, containers: new Map([...(known?.containers ?? []), [name, resources]]) })
  }

  /** Of the pod as a whole. */
  setPod(uid: string, resources: ResourceRequirements): void {
    this.set(uid, { containers: new Map(), ...this.#pods.get(uid), pod: resources })
  }

  /** Forgets pods. */
  keep(isKept: (uid: string) => boolean): void {
    const gone = [...this.#pods.keys()].filter((uid) => !isKept(uid))
    for (const uid of gone) this.#pods.delete(uid)
    if (gone.length > 0) this.changed()
  }

  protected changed(): void {}

  protected entries(): Iterable<[uid: string, resources: PodResources]> {
    return this.#pods
  }
}

export class ResourceState extends HeldResources {
  readonly #parts: ResourceStateParts
  #writing = false
  #again = false

  private constructor(parts: ResourceStateParts, pods?: Map<string, PodResources>) {
    super(pods)
    this.#parts = parts
  }

  /** A file that is damaged is told and begun anew. */
  static async open(parts: ResourceStateParts): Promise<ResourceState> {
    const { disk, log, path } = parts
    if (!(await disk.stat(path))) return new ResourceState(parts)
    try {
      return new ResourceState(parts, parsed(await disk.readText(path)))
    } catch (error) {
      log.warn('resources of pods not read, those of their specifications count', { path, error: String(error) })
      return new ResourceState(parts)
    }
  }

  /** One write at a time, the newest state wins. */
  protected override changed(): void {
    this.#again = true
    if (this.#writing) return
    this.#writing = true
    void this.#saveAll().finally(() => {
      this.#writing = false
    })
  }

  async #saveAll(): Promise<void> {
    const { disk, log, path } = this.#parts
    while (this.#again) {
      this.#again = false
      await disk
        .write(path, text(this.entries()))
        .catch((error: unknown) => log.warn('resources of pods not kept', { path, error: String(error) }))
    }
  }
}

function text(pods: Iterable<[string, PodResources]>): string {
  const entries = [...pods].map(([uid, { containers, pod }]): Stored => {
    const stored: Stored = { uid, containers: [...containers] }
    return pod ? { ...stored, pod } : stored
  })
  const data = JSON.stringify(entries)
  return JSON.stringify({ data, checksum: checksumOf(data) })
}

function parsed(content: string): Map<string, PodResources> {
  const { data, checksum } = JSON.parse(content) as { data: string; checksum: string }
  if (checksumOf(data) !== checksum) throw new Error('the checksum does not fit')
  return new Map(
    (JSON.parse(data) as Stored[]).map(({ uid, containers, pod }) => {
      const resources: PodResources = { containers: new Map(containers) }
      return [uid, pod ? { ...resources, pod } : resources]
    }),
  )
}

function checksumOf(data: string): string {
  return createHash('sha256').update(data).digest('hex')
}
