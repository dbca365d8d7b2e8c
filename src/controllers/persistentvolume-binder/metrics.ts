/** `pv_collector_*`: volumes and claims by what is bound. Source: kube-controller-manager's persistent volume controller. */
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import { claimClassName } from '../../api/volume-binding.ts'
import type { Informer } from '../../client/informer.ts'
import { type Meters, tallied } from '../../client/meters.ts'

/** Sources of volumes and the plugins that upstream has for them. */
const plugins: Readonly<Record<string, string>> = {
  hostPath: 'kubernetes.io/host-path',
  local: 'kubernetes.io/local-volume',
  nfs: 'kubernetes.io/nfs',
  iscsi: 'kubernetes.io/iscsi',
  fc: 'kubernetes.io/fc',
}

export function pluginOf({ spec = {} }: Pick<PersistentVolume, 'spec'>): string {
  if (spec.csi) return `kubernetes.io/csi:${spec.csi.driver}`
  const source = Object.keys(plugins).find((name) => name in spec)
  return (source && plugins[source]) ?? 'N/A'
}

export function volumeGauges(
  meters: Meters | undefined,
  volumes: Informer<PersistentVolume>,
  claims: Informer<PersistentVolumeClaim>,
): void {
  if (!meters) return
  const classOf = ({ spec }: PersistentVolume) => [spec?.storageClassName ?? '']
  const placeOf = (claim: PersistentVolumeClaim) => [
    claim.metadata.namespace ?? '',
    claimClassName(claim),
    claim.spec?.volumeAttributesClassName ?? '',
  ]
  const isBound = ({ status }: PersistentVolume | PersistentVolumeClaim) => status?.phase === 'Bound'
  const isUnbound = (object: PersistentVolume | PersistentVolumeClaim) => !isBound(object)
  meters.gauge('pv_collector_total_pv_count', () =>
    tallied(volumes.list().map((volume) => [pluginOf(volume), volume.spec?.volumeMode ?? 'Filesystem'])),
  )
  meters.gauge('pv_collector_bound_pv_count', () => tallied(volumes.list().filter(isBound).map(classOf)))
  meters.gauge('pv_collector_unbound_pv_count', () => tallied(volumes.list().filter(isUnbound).map(classOf)))
  meters.gauge('pv_collector_bound_pvc_count', () => tallied(claims.list().filter(isBound).map(placeOf)))
  meters.gauge('pv_collector_unbound_pvc_count', () => tallied(claims.list().filter(isUnbound).map(placeOf)))
}
