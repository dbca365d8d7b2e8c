/** What controllers ask of pods' volumes: which claims they stand for, and which PersistentVolumes these have. */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core/v1.ts'
import { claimNames, isFullyBound } from '../api/volume-binding.ts'
import type { Informer } from '../client/informer.ts'

/** Pods by the keys of claims; see `indexByClaim`. */
export const byClaim = 'claim'

/** One index for all who ask: an informer's caches are shared, and so are the names of its indexes. */
export function indexByClaim(pods: Informer<Pod>): void {
  pods.addIndex(byClaim, claimKeys)
}

export function claimKeys(pod: Pod): string[] {
  return claimNames(pod).map((name) => `${pod.metadata.namespace}/${name}`)
}

/** Undefined unless both sides say that they are bound. */
export function boundVolume(
  claim: PersistentVolumeClaim | undefined,
  volumes: Informer<PersistentVolume>,
): PersistentVolume | undefined {
  return claim && isFullyBound(claim) ? volumes.get(claim.spec?.volumeName ?? '') : undefined
}
