/** Objects that a pod's spec names, and its node may therefore read. */
import type { Container, EnvFromSource, EnvVar, Pod, Volume } from './types/core/v1.ts'

export interface PodReferences {
  secrets: ReadonlySet<string>
  configMaps: ReadonlySet<string>
  /** With the claims that generic ephemeral volumes get: `<pod>-<volume>`. */
  persistentVolumeClaims: ReadonlySet<string>
  clusterTrustBundles: boolean
}

export function podReferences(pod: Pod): PodReferences {
  const secrets = new Set<string | undefined>()
  const configMaps = new Set<string | undefined>()
  const persistentVolumeClaims = new Set<string>()
  const { volumes = [], imagePullSecrets = [] } = pod.spec ?? {}
  for (const { name } of imagePullSecrets) secrets.add(name)
  for (const container of containersOf(pod)) {
    for (const source of sourcesOf(container)) {
      secrets.add(source.secret)
      configMaps.add(source.configMap)
    }
  }
  for (const volume of volumes) {
    for (const name of volumeSecrets(volume)) secrets.add(name)
    configMaps.add(volume.configMap?.name)
    for (const source of volume.projected?.sources ?? []) configMaps.add(source.configMap?.name)
    if (volume.persistentVolumeClaim) persistentVolumeClaims.add(volume.persistentVolumeClaim.claimName)
    if (volume.ephemeral) persistentVolumeClaims.add(`${pod.metadata.name}-${volume.name}`)
  }
  const clusterTrustBundles = volumes.some(({ projected }) => projected?.sources?.some((one) => one.clusterTrustBundle))
  return { secrets: named(secrets), configMaps: named(configMaps), persistentVolumeClaims, clusterTrustBundles }
}

function containersOf(pod: Pod): Pick<Container, 'env' | 'envFrom'>[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {}
  return [...initContainers, ...containers, ...ephemeralContainers]
}

function sourcesOf({ env = [], envFrom = [] }: { env?: EnvVar[]; envFrom?: EnvFromSource[] }) {
  return [
    ...env.map(({ valueFrom }) => ({
      secret: valueFrom?.secretKeyRef?.name,
      configMap: valueFrom?.configMapKeyRef?.name,
    })),
    ...envFrom.map(({ secretRef, configMapRef }) => ({ secret: secretRef?.name, configMap: configMapRef?.name })),
  ]
}

function volumeSecrets(volume: Volume): (string | undefined)[] {
  const withReference = [
    volume.cephfs,
    volume.cinder,
    volume.flexVolume,
    volume.rbd,
    volume.scaleIO,
    volume.iscsi,
    volume.storageos,
  ]
  return [
    volume.secret?.secretName,
    volume.azureFile?.secretName,
    volume.csi?.nodePublishSecretRef?.name,
    ...withReference.map((source) => source?.secretRef?.name),
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
  ]
}

function named(names: ReadonlySet<string | undefined>): Set<string> {
  return new Set([...names].filter((name): name is string => name !== undefined && name !== ''))
}
