/** Where a cluster lives and how it is reached: one plain value that every role of one machine starts from. */
import { join } from 'node:path'
import { parsePool } from '../cloud/local/pool.ts'
import type { Net } from '../platform/net.ts'

export interface ClusterConfig {
  /** Everything the cluster keeps lies below this directory. Default `/var/lib/k8ts`. */
  home: string
  nodeName: string
  /** The address other nodes and pods reach this machine by. */
  nodeAddress: string
  apiServerPort: number
  kubeletPort: number
  podCidr: string
  serviceCidr: string
  clusterDomain: string
  dnsServiceIp: string
  /** Ranges that Services of type LoadBalancer get their addresses from. Default `10.97.0.0/24`. */
  loadBalancerPool?: string
  /** Who knows the nodes' machines. Default `local`. */
  cloudProvider?: CloudProviderChoice
  /** What the node's proxy routes besides what a Service's own namespace owns. Default nothing; see `docs/security.md`. */
  trust?: { externalCidrs?: readonly string[]; foreignEndpoints?: boolean }
}

/** `local`: the server, without a cloud. `external`: a cloud controller manager of its own. `none`: nobody. */
export type CloudProviderChoice = 'local' | 'external' | 'none'

export const defaultHome = '/var/lib/k8ts'

export function clusterConfig(
  net: Net,
  options: {
    home?: string
    nodeName?: string
    nodeAddress?: string
    apiServerPort?: number
    loadBalancerPool?: string
    cloudProvider?: string
    trust?: ClusterConfig['trust']
    hostname: string
  },
): ClusterConfig {
  return {
    home: options.home ?? defaultHome,
    nodeName: options.nodeName ?? options.hostname.toLowerCase(),
    nodeAddress: options.nodeAddress ?? machineAddress(net),
    apiServerPort: options.apiServerPort ?? 6443,
    kubeletPort: 10250,
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    clusterDomain: 'cluster.local',
    dnsServiceIp: '10.96.0.10',
    ...(options.trust === undefined ? {} : { trust: options.trust }),
    ...cloudOf(options),
  }
}

/** Throws when the command line names no provider or ranges that can't be read. */
function cloudOf({ loadBalancerPool, cloudProvider }: { loadBalancerPool?: string; cloudProvider?: string }) {
  const choices: readonly string[] = ['local', 'external', 'none']
  if (cloudProvider !== undefined && !choices.includes(cloudProvider))
    throw new Error(`--cloud-provider: one of ${choices.join(', ')}: ${JSON.stringify(cloudProvider)}`)
  if (loadBalancerPool !== undefined) parsePool(loadBalancerPool)
  return {
    ...(loadBalancerPool === undefined ? {} : { loadBalancerPool }),
    ...(cloudProvider === undefined ? {} : { cloudProvider: cloudProvider as CloudProviderChoice }),
  }
}

/** Where each role finds its files. */
export function paths({ home }: Pick<ClusterConfig, 'home'>) {
  return {
    adminKubeconfig: join(home, 'admin.kubeconfig'),
    agentKubeconfig: join(home, 'kubelet.kubeconfig'),
    proxyKubeconfig: join(home, 'kube-proxy.kubeconfig'),
    database: join(home, 'store', 'k8ts.db'),
    run: join(home, 'run'),
    logs: join(home, 'logs'),
    pki: join(home, 'pki'),
    encryptionConfig: join(home, 'pki', 'encryption.json'),
    kubectlCache: join(home, 'tools'),
    pidOf: (role: string) => join(home, 'run', `${role}.pid`),
    logOf: (role: string) => join(home, 'logs', `${role}.log`),
  }
}

/** The first address of a real interface, IPv4 before IPv6; loopback when the machine has no other. */
function machineAddress(net: Net): string {
  const own = net.interfaces().filter((one) => !one.internal && !one.address.startsWith('fe80:') && !isOurs(one.name))
  return (own.find((one) => one.family === 'IPv4') ?? own[0])?.address ?? '127.0.0.1'
}

/** Bridges and pod links that the cluster itself made, should it have been left running. */
function isOurs(name: string): boolean {
  return name.startsWith('k8ts') || name.startsWith('veth') || name.startsWith('docker') || name.startsWith('cni')
}
