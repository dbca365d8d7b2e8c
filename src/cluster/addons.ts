/** What every cluster has besides its own processes: DNS and a default StorageClass. Applied at each start of the server; repeating changes nothing. */
import { localPath } from '../api/local-path.ts'
import { apiVersionOf } from '../api/meta.ts'
import { storageV1 } from '../api/resources.ts'
import { applyObjects } from '../client/apply.ts'
import type { Client } from '../client/client.ts'
import { ifNew } from '../client/writes.ts'
import { dnsManifest } from '../network/dns/manifest.ts'
import type { ClusterConfig } from './config.ts'
import { hostPaths } from './host/paths.ts'

export async function applyAddons(client: Client, config: ClusterConfig): Promise<void> {
  const { clusterDomain, dnsServiceIp: serviceIp } = config
  const { nodeBinary } = hostPaths(config.home)
  await applyObjects(client, dnsManifest({ clusterDomain, serviceIp, nodeBinary }), { fieldManager: 'k8ts-addons' })
  // What an administrator made of the class stays.
  await ifNew(client.of(storageV1.storageClasses).create(localPathClass))
}

/** Claims that name no class get a directory of their pod's node. */
const localPathClass = {
  apiVersion: apiVersionOf(storageV1.storageClasses),
  kind: storageV1.storageClasses.kind,
  metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: localPath.provisioner,
  reclaimPolicy: 'Delete',
  allowVolumeExpansion: true,
  volumeBindingMode: 'WaitForFirstConsumer',
}
