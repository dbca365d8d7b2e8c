/**
 * Directories of this node that are volumes of their own: made when one is first mounted, removed when the provisioner of
 * `k8ts.dev/local-path` asks for it. Only names that it gives out are touched, directly below one directory.
 */
import { join } from 'node:path'
import { badRequest } from '../../api/errors.ts'
import { localPath } from '../../api/local-path.ts'
import type { PersistentVolume } from '../../api/types/core/v1.ts'
import { volumeAnnotations } from '../../api/volume-binding.ts'
import type { Disk } from '../../platform/disk.ts'
import type { KubeletConfig } from '../config.ts'

const volumeName = /^pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function localVolumesDirectory(config: Pick<KubeletConfig, 'rootDirectory' | 'localVolumesDirectory'>): string {
  return config.localVolumesDirectory ?? join(config.rootDirectory, 'local-volumes')
}

export class LocalVolumes {
  readonly #disk: Disk
  readonly #directory: string

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** Makes the directory of a volume that is ours, open to every user of the pod it is for. Others are left as they are. */
  async ensure({ metadata, spec }: PersistentVolume): Promise<void> {
    const { name = '', annotations = {} } = metadata
    if (annotations[volumeAnnotations.provisionedBy] !== localPath.provisioner || !volumeName.test(name)) return
    const path = join(this.#directory, name)
    if (spec?.local?.path !== path) return
    const there = await this.#disk.stat(path)
    if (there?.kind === 'directory') return
    if (there) throw new Error(`the directory of volume ${name} is a ${there.kind}`)
    // What lies in there is for the pods that mount it: nobody else may pass.
    await this.#disk.makeDirectory(this.#directory, 0o700)
    await this.#disk.makeDirectory(path, 0o777)
    await this.#disk.chmod(path, 0o777)
    await this.#disk.syncDirectory(this.#directory)
  }

  /** With all that is in it; links in it are not followed. Does nothing when it is gone. */
  async remove(name: string): Promise<void> {
    if (!volumeName.test(name))
      throw badRequest(`remove local volume: not a name that is given out: ${JSON.stringify(name)}`)
    await this.#disk.remove(join(this.#directory, name))
  }
}
