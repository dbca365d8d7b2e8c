/**
 * Sets up the volumes that a pod's containers mount, keeps their content current and cleans up behind a pod. State lives
 * on disk only, so that a restarted node agent goes on where it was.
 */

import { wholeValue } from '../../api/quantity.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Pod, Volume } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'
import { messageOf } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { namespaceOf, uidOf } from '../pod/names.ts'
import { allContainers } from '../pod/spec.ts'
import { writePayload } from './atomic-writer.ts'
import { type ContentSources, hasContent, singleUser, volumeContent } from './content.ts'
import { prepareHostPath } from './host-path.ts'
import type { LocalVolumes } from './local-volumes.ts'
import { mountPoints } from './mount-points.ts'
import type { PodPaths, VolumeKind } from './paths.ts'

/** A volume can't be set up: the FailedMount event's message. */
export class VolumeFailure extends Error {
  readonly volume: string
  constructor(volume: string, cause: unknown) {
    const message = messageOf(cause)
    super(`MountVolume.SetUp failed for volume "${volume}" : ${message}`, { cause })
    this.name = 'VolumeFailure'
    this.volume = volume
  }
}

export interface MountedVolume {
  /** Directory (or file, for a hostPath) on the node. */
  hostPath: string
  /** Writes are refused whatever the mount says. */
  readOnly: boolean
}

export interface VolumeParts {
  client: Client
  clock: Clock
  random: Random
  disk: Disk
  exec: Exec
  paths: PodPaths
  localVolumes: LocalVolumes
}

/** Secrets and tokens of all pods of a node; pages are used only as they are written. */
const memoryBytesMax = 512 * 1024 * 1024

export class Volumes {
  readonly #parts: VolumeParts

  constructor(parts: VolumeParts) {
    this.#parts = parts
  }

  /**
   * Mounts the tmpfs that Secrets and tokens are written to. Where that is not allowed they are written to disk, in
   * directories that only root can enter; returns the reason then.
   */
  async mountMemory(): Promise<string | undefined> {
    const { disk, exec, paths } = this.#parts
    await disk.makeDirectory(paths.memory, 0o700)
    if ((await this.#mounts(paths.memory)).includes(paths.memory)) return undefined
    const options = `size=${memoryBytesMax},mode=0700`
    const { exitCode, stderr } = await exec.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', paths.memory])
    return exitCode === 0 ? undefined : stderr.trim()
  }

  /** Idempotent. Throws `VolumeFailure` for the first volume that can't be had. Images are had when containers start. */
  async setUp(pod: Pod, sources: ContentSources): Promise<Map<string, MountedVolume>> {
    const used = new Set(allContainers(pod).flatMap(({ container }) => mountedNames(container)))
    const mounted = new Map<string, MountedVolume>()
    for (const volume of pod.spec?.volumes ?? []) {
      if (!used.has(volume.name) || volume.image) continue
      try {
        mounted.set(volume.name, await this.#setUpOne(pod, volume, sources))
      } catch (error) {
        throw new VolumeFailure(volume.name, error)
      }
    }
    return mounted
  }

  /** Writes content that changed since. Throws `VolumeFailure` when a source is gone; old content stays. */
  async refresh(pod: Pod, sources: ContentSources): Promise<void> {
    const used = new Set(allContainers(pod).flatMap(({ container }) => mountedNames(container)))
    for (const volume of pod.spec?.volumes ?? []) {
      if (!used.has(volume.name) || !hasContent(volume)) continue
      try {
        await this.#writeContent(pod, volume, sources)
      } catch (error) {
        throw new VolumeFailure(volume.name, error)
      }
    }
  }

  /** Unmounts and removes everything of a pod. Idempotent. */
  async tearDown(uid: string): Promise<void> {
    const { disk, paths } = this.#parts
    await this.#unmountBelow(paths.directory(uid))
    await disk.remove(paths.directory(uid))
    await disk.remove(paths.secretDirectory(uid))
  }

  /** Uids of pods with directories on this node. */
  async leftovers(): Promise<string[]> {
    const { disk, paths } = this.#parts
    return [...new Set([...(await disk.list(paths.pods)), ...(await disk.list(paths.secretPods))])]
  }

  /** emptyDirs with the bytes they may hold. */
  limits(pod: Pod): { name: string; directory: string; limitBytes: number; limit: string }[] {
    return (pod.spec?.volumes ?? []).flatMap(({ name, emptyDir }) => {
      const limit = emptyDir?.sizeLimit
      if (!limit || wholeValue(limit) <= 0) return []
      const directory = this.#parts.paths.volume(uidOf(pod), 'empty-dir', name)
      return [{ name, directory, limitBytes: wholeValue(limit), limit }]
    })
  }

  /** Directories on the node's disk that hold what the pod wrote, in emptyDirs. */
  localDirectories(pod: Pod): string[] {
    return (pod.spec?.volumes ?? []).flatMap(({ name, emptyDir }) =>
      emptyDir && emptyDir.medium !== 'Memory' ? [this.#parts.paths.volume(uidOf(pod), 'empty-dir', name)] : [],
    )
  }

  async #setUpOne(pod: Pod, volume: Volume, sources: ContentSources): Promise<MountedVolume> {
    if (hasContent(volume)) return this.#writeContent(pod, volume, sources)
    if (volume.emptyDir) return this.#emptyDir(pod, volume)
    if (volume.hostPath) {
      await prepareHostPath(this.#parts, volume.hostPath)
      return { hostPath: volume.hostPath.path, readOnly: false }
    }
    if (volume.persistentVolumeClaim) return this.#claim(pod, volume)
    throw new Error('no volume plugin matched')
  }

  async #writeContent(pod: Pod, volume: Volume, sources: ContentSources): Promise<MountedVolume> {
    const payload = await volumeContent(pod, volume, sources)
    const directory = this.#parts.paths.volume(uidOf(pod), kindOf(volume), volume.name)
    const gid = pod.spec?.securityContext?.fsGroup
    const uid = volume.projected && gid === undefined ? singleUser(pod) : undefined
    await writePayload(this.#parts, directory, payload, { uid, gid })
    return { hostPath: directory, readOnly: true }
  }

  async #emptyDir(pod: Pod, volume: Volume): Promise<MountedVolume> {
    const { disk, exec, paths } = this.#parts
    const directory = paths.volume(uidOf(pod), 'empty-dir', volume.name)
    const isNew = (await disk.stat(directory)) === undefined
    if (isNew) await disk.makeDirectory(directory, 0o777)
    if (volume.emptyDir?.medium === 'Memory' && !(await this.#mounts(directory)).includes(directory)) {
      const size = wholeValue(volume.emptyDir.sizeLimit ?? '0')
      const options = size > 0 ? `size=${size},mode=0777` : 'mode=0777'
      const { exitCode, stderr } = await exec.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory])
      if (exitCode !== 0) throw new Error(`mount tmpfs for emptyDir: ${stderr.trim()}`)
    }
    const group = pod.spec?.securityContext?.fsGroup
    if (isNew && group !== undefined) {
      await disk.chown(directory, -1, group)
      await disk.chmod(directory, 0o2777)
    }
    return { hostPath: directory, readOnly: false }
  }

  /** Claims bound to volumes that are a path of this node. */
  async #claim(pod: Pod, volume: Volume): Promise<MountedVolume> {
    const { client } = this.#parts
    const { claimName, readOnly = false } = volume.persistentVolumeClaim ?? { claimName: '' }
    const claim = await client.of(coreV1.persistentVolumeClaims, namespaceOf(pod)).get(claimName)
    const name = claim.spec?.volumeName
    if (!name || claim.status?.phase !== 'Bound') throw new Error(`PVC ${namespaceOf(pod)}/${claimName} is not bound`)
    const bound = await client.of(coreV1.persistentVolumes).get(name)
    const { spec } = bound
    await this.#parts.localVolumes.ensure(bound)
    const source = spec?.hostPath ?? (spec?.local ? { path: spec.local.path, type: 'Directory' } : undefined)
    if (!source) throw new Error('no volume plugin matched')
    await prepareHostPath(this.#parts, source)
    return { hostPath: source.path, readOnly }
  }

  async #unmountBelow(directory: string): Promise<void> {
    for (const path of (await this.#mounts(directory)).reverse()) {
      const { exitCode, stderr } = await this.#parts.exec.run(['umount', path])
      if (exitCode !== 0) throw new Error(`unmount ${path}: ${stderr.trim()}`)
    }
  }

  async #mounts(directory: string): Promise<string[]> {
    const points = await mountPoints(this.#parts.disk)
    return points.filter((point) => point === directory || point.startsWith(`${directory}/`))
  }
}

function kindOf(volume: Volume): VolumeKind {
  if (volume.configMap) return 'configmap'
  if (volume.secret) return 'secret'
  return volume.downwardAPI ? 'downward-api' : 'projected'
}

function mountedNames(container: { volumeMounts?: { name: string }[] }): string[] {
  return (container.volumeMounts ?? []).map(({ name }) => name)
}
