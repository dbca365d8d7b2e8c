/**
 * Removes images that no container uses, least recently used first, while their file system is fuller than the high
 * mark. Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-garbage-collection
 */
import type { Pod } from '../../api/types/core/v1.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Logger } from '../../platform/log.ts'
import { defaults, type KubeletConfig } from '../config.ts'
import type { CriImage } from '../cri/message.ts'
import type { ImageService, RuntimeService } from '../cri/runtime.ts'
import { volumeImages } from '../volumes/image-volume.ts'

export interface ImageCollectionParts {
  config: KubeletConfig
  disk: Disk
  log: Logger
  imageService: ImageService
  runtime: RuntimeService
  /** Of pods whose volumes may be images. */
  manager: { workers(): Iterable<{ pod: Pod }> }
}

/** Ids to remove, in order, until `bytesToFree` are freed. Pinned images and those in use stay. */
export function planImageCollection(
  images: readonly CriImage[],
  used: ReadonlySet<string>,
  bytesToFree: number,
): string[] {
  const ids: string[] = []
  let freed = 0
  const isUsed = ({ id = '', repoTags = [], repoDigests = [] }: CriImage): boolean =>
    [id, ...repoTags, ...repoDigests].some((name) => used.has(name))
  const candidates = images.filter((image) => !image.pinned && !isUsed(image))
  for (const { id = '', size = 0 } of candidates.sort((a, b) => (b.size ?? 0) - (a.size ?? 0))) {
    if (freed >= bytesToFree) break
    ids.push(id)
    freed += size
  }
  return ids
}

export async function collectImages(parts: ImageCollectionParts): Promise<void> {
  const { disk, imageService } = parts
  const { high, low } = parts.config.imageUsagePercent ?? defaults.imageUsagePercent
  const [fileSystem] = await imageService.imageFsInfo()
  if (!fileSystem) return
  const { capacityBytes, availableBytes } = await disk.usage(fileSystem.mountpoint)
  const usedPercent = 100 - (100 * availableBytes) / Math.max(capacityBytes, 1)
  if (usedPercent >= high) await removeUnusedImages(parts, (capacityBytes * (usedPercent - low)) / 100)
}

/** Default: all that neither a container nor a volume is made of. */
export async function removeUnusedImages(
  { imageService, runtime, manager, log }: ImageCollectionParts,
  bytesToFree = Number.POSITIVE_INFINITY,
): Promise<void> {
  const [images, containers] = await Promise.all([imageService.listImages(), runtime.listContainers()])
  const ofContainers = containers.flatMap(({ imageRef = '', image }) => [imageRef, image?.image ?? ''])
  const ofVolumes = volumeImages([...manager.workers()].map(({ pod }) => pod))
  const found = await Promise.all(ofVolumes.map((reference) => imageService.imageStatus(reference)))
  const used = new Set([...ofContainers, ...found.map((image) => image?.id ?? '')])
  for (const id of planImageCollection(images, used, bytesToFree)) {
    log.info('removing an unused image', { image: id })
    await imageService.removeImage(id)
  }
}
