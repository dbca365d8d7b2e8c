/**
 * What pods on one node need to reach each other and the world: a bridge with a port per pod, made by the standard CNI
 * plugins, addresses from the node's range, and the node's own address for what leaves the cluster.
 * Sources: CNI specification 1.0.0; the reference plugins' `bridge` and `host-local` documentation.
 *
 * Not used: `portmap` and the bridge's `ipMasq`. Both write iptables rules; the service proxy serves host ports and the
 * table below masquerades, in nftables and where they can be taken away again without traces.
 */

export const bridgeName = 'k8ts0'
export const networkName = 'k8ts'
export const configFileName = '10-k8ts.conflist'

/** Our nftables table for traffic that leaves the cluster; the service proxy has one of its own. */
export const podTable = 'k8ts-pods'

export interface PodNetwork {
  /** The node's range, `10.244.0.0/24`. */
  podCidr: string
  /** All nodes' ranges, `10.244.0.0/16`: never masqueraded. */
  clusterCidr: string
  /** Where host-local keeps its reservations. */
  dataDirectory: string
  /** Bytes a pod's packet may have; that of the link to the outside. */
  mtuBytes: number
}

/** The network configuration list that containerd reads. */
export function conflist({ podCidr, dataDirectory, mtuBytes }: PodNetwork): string {
  const bridge = {
    type: 'bridge',
    bridge: bridgeName,
    isGateway: true,
    isDefaultGateway: true,
    forceAddress: true,
    ipMasq: false,
    // A pod that is sent back to itself by a Service leaves and enters through the same port.
    hairpinMode: true,
    mtu: mtuBytes,
    ipam: { type: 'host-local', ranges: [[{ subnet: podCidr }]], dataDir: dataDirectory },
  }
  return `${JSON.stringify({ cniVersion: '1.0.0', name: networkName, plugins: [bridge] }, undefined, 2)}\n`
}

/**
 * An nft script that makes the table anew, in one transaction. Packets to loopback addresses that came by a link are
 * dropped before anybody translates them: `localRoutes` would let them in.
 */
export function masqueradeRules({ podCidr, clusterCidr }: PodNetwork): string {
  return `add table ip ${podTable}
delete table ip ${podTable}
add table ip ${podTable}
add chain ip ${podTable} postrouting { type nat hook postrouting priority srcnat; policy accept; }
add rule ip ${podTable} postrouting ip saddr ${podCidr} ip daddr != ${clusterCidr} ip daddr != 224.0.0.0/4 masquerade fully-random
add chain ip ${podTable} prerouting { type filter hook prerouting priority raw; policy accept; }
add rule ip ${podTable} prerouting iifname != "lo" ip daddr 127.0.0.0/8 drop
`
}

export interface Sysctl {
  path: string
  value: string
}

/** Without it the node is no router. */
export const forwarding: Sysctl = { path: '/proc/sys/net/ipv4/ip_forward', value: '1' }

/** What a pod answers to a connection from 127.0.0.1, to a node port or host port, finds its way. Needs the rule above. */
export const localRoutes: Sysctl = { path: '/proc/sys/net/ipv4/conf/all/route_localnet', value: '1' }

/**
 * Makes answers between two ports of the bridge pass through connection tracking, which has to put the Service's
 * address back. Exists once the module `br_netfilter` is loaded.
 */
export const bridgeFiltering: readonly Sysctl[] = [
  { path: '/proc/sys/net/bridge/bridge-nf-call-iptables', value: '1' },
  { path: '/proc/sys/net/bridge/bridge-nf-call-ip6tables', value: '1' },
]
