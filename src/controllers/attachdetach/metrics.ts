/** What pods use and what is attached. Source: kube-controller-manager's attach/detach controller. */
import type { PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import type { VolumeAttachment } from '../../api/types/storage/v1.ts'
import { type Meters, tallied } from '../../client/meters.ts'

export interface AttachState {
  pods(): readonly Pod[]
  attachments(): readonly VolumeAttachment[]
  /** Volumes of a pod that have to be attached, by node and name. */
  wanted(pod: Pod): readonly PersistentVolume[]
}

export function attachGauges(meters: Meters | undefined, state: AttachState): void {
  if (!meters) return
  const placed = () => state.pods().filter(({ spec }) => spec?.nodeName)
  meters.gauge('storage_count_attachable_volumes_in_use', () =>
    tallied(placed().flatMap((pod) => state.wanted(pod).map((volume) => [pod.spec?.nodeName ?? '', pluginOf(volume)]))),
  )
  meters.gauge('attachdetach_controller_total_volumes', () => {
    const desired = new Map<string, string>()
    for (const pod of placed())
      for (const volume of state.wanted(pod))
        desired.set(`${pod.spec?.nodeName} ${volume.metadata.name}`, pluginOf(volume))
    const attached = state.attachments().filter(({ status }) => status?.attached)
    return tallied([
      ...[...desired.values()].map((plugin) => [plugin, 'desired_state_of_world']),
      ...attached.map(({ spec }) => [`kubernetes.io/csi:${spec.attacher}`, 'actual_state_of_world']),
    ])
  })
}

function pluginOf({ spec }: PersistentVolume): string {
  return `kubernetes.io/csi:${spec?.csi?.driver ?? ''}`
}
