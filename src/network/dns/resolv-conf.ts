/** The node's resolvers, from resolv.conf(5). */
import { isLoopback } from '../../api/addresses.ts'

/**
 * The addresses of its `nameserver` lines, without those that would lead back to the asker.
 * @param own addresses that must not be asked: the cluster's DNS Service
 */
export function upstreamsOf(resolvConf: string, own: readonly string[]): string[] {
  const servers = resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+([^\s#;%]+)/.exec(line)?.[1])
    .filter((address) => address !== undefined)
  // In a pod, loopback is the pod itself.
  return servers.filter((address) => !own.includes(address) && !isLoopback(address))
}
