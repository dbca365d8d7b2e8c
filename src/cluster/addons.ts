/** What every cluster runs besides its own processes: DNS. Applied at each start of the server; repeating changes nothing. */
import { applyObjects } from '../client/apply.ts'
import type { Client } from '../client/client.ts'
import { dnsManifest } from '../network/dns/manifest.ts'
import type { ClusterConfig } from './config.ts'
import { hostPaths } from './host/paths.ts'

export async function applyAddons(client: Client, config: ClusterConfig): Promise<void> {
  const { clusterDomain, dnsServiceIp: serviceIp } = config
  const { nodeBinary } = hostPaths(config.home)
  await applyObjects(client, dnsManifest({ clusterDomain, serviceIp, nodeBinary }), { fieldManager: 'k8ts-addons' })
}
