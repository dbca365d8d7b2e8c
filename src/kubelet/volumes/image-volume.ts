/**
 * Images as volumes: what an image holds, to be read by a pod's containers. They are had as the images of containers are,
 * when a container that mounts them starts. Source: https://kubernetes.io/docs/concepts/storage/volumes/#image (KEP-4639).
 */
import type { Container, Pod } from '../../api/types/core/v1.ts'
import type { Disk } from '../../platform/disk.ts'
import type { CriImage } from '../cri/message.ts'
import { withDefaultTag } from '../images/reference.ts'
import { uidOf } from '../pod/names.ts'
import type { MountedVolume } from './manager.ts'
import { mountPoints } from './mount-points.ts'
import type { PodPaths } from './paths.ts'

export interface ImageVolumeParts {
  disk: Disk
  paths: PodPaths
  /** Absent: this node mounts no images. */
  mountImage?: ((id: string, directory: string) => Promise<void>) | undefined
}

/** Mounts those that the container wants and that are not mounted yet. `ensure` throws when an image can't be had. */
export async function imageVolumes(
  parts: ImageVolumeParts,
  pod: Pod,
  container: Container,
  ensure: (asked: Container) => Promise<CriImage>,
): Promise<Map<string, MountedVolume>> {
  const names = new Set((container.volumeMounts ?? []).map(({ name }) => name))
  const mounted = new Map<string, MountedVolume>()
  for (const { name, image } of pod.spec?.volumes ?? []) {
    if (!image || !names.has(name)) continue
    const directory = parts.paths.volume(uidOf(pod), 'image', name)
    if (!(await mountPoints(parts.disk)).includes(directory)) {
      const { reference = '', pullPolicy } = image
      const asked = { name, image: reference, ...(pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy }) }
      const { id = reference } = await ensure(asked)
      if (!parts.mountImage) throw new Error(`volume ${JSON.stringify(name)}: this node mounts no images`)
      await parts.disk.makeDirectory(directory, 0o755)
      await parts.mountImage(id, directory)
    }
    mounted.set(name, { hostPath: directory, readOnly: true })
  }
  return mounted
}

/** Images that must stay while the pods do. */
export function volumeImages(pods: readonly Pod[]): string[] {
  const references = pods.flatMap(({ spec }) => (spec?.volumes ?? []).map(({ image }) => image?.reference ?? ''))
  return references.flatMap((reference) => withDefaultTag(reference) ?? [])
}
