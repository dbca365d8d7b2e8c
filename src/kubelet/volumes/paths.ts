/** Where the node agent keeps what belongs to a pod, below its own root directory. */
import { join } from 'node:path'

export interface PodPaths {
  /** `<root>/pods/<uid>` */
  directory(uid: string): string
  volume(uid: string, kind: VolumeKind, name: string): string
  hostsFile(uid: string): string
  terminationMessage(uid: string, container: string, id: string): string
  /** Directory that lists pods with something left on this node. */
  pods: string
  /** Where a tmpfs is mounted for what must not reach a disk. */
  memory: string
  /** Like `pods`, below `memory`. */
  secretPods: string
  secretDirectory(uid: string): string
}

export type VolumeKind = 'empty-dir' | 'configmap' | 'secret' | 'projected' | 'downward-api' | 'image'

const inMemory: ReadonlySet<VolumeKind> = new Set(['secret', 'projected'])

export function podPaths(root: string): PodPaths {
  const pods = join(root, 'pods')
  const memory = join(root, 'memory')
  const secretPods = join(memory, 'pods')
  const directory = (uid: string): string => join(pods, uid)
  const secretDirectory = (uid: string): string => join(secretPods, uid)
  return {
    pods,
    memory,
    secretPods,
    directory,
    secretDirectory,
    volume: (uid, kind, name) =>
      join(inMemory.has(kind) ? secretDirectory(uid) : directory(uid), 'volumes', `kubernetes.io~${kind}`, name),
    hostsFile: (uid) => join(directory(uid), 'etc-hosts'),
    terminationMessage: (uid, container, id) => join(directory(uid), 'containers', container, id),
  }
}
