/** The node's resolvers, from resolv.conf(5). */

/**
 * The addresses of its `nameserver` lines, without those that would lead back to the asker.
 * @param own addresses that must not be asked: the cluster's DNS Service
 */
export function upstreamsOf(resolvConf: string, own: readonly string[]): string[] {
  const servers = resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+([^\s#;%]+)/.exec(line)?.[1])
    .filter((address) => address !== undefined)
  return servers.filter((address) => !own.includes(address) && !isLoopback(address))
}

/** In a pod, loopback is the pod itself. */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
