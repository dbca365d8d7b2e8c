/** What every cluster runs besides its own processes: DNS. Applied at each start of the server; repeating changes nothing. */
import { applyObjects } from '../client/apply.ts'
import type { Client } from '../client/client.ts'
import { dnsManifest } from '../network/dns/manifest.ts'
import type { ClusterConfig } from './config.ts'

export async function applyAddons(client: Client, config: ClusterConfig): Promise<void> {
  const { clusterDomain, dnsServiceIp } = config
  await applyObjects(client, dnsManifest({ clusterDomain, serviceIp: dnsServiceIp }), { fieldManager: 'k8ts-addons' })
}
