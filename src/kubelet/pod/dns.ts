/**
 * A pod's resolver configuration and hosts file.
 * Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
import type { Pod } from '../../api/types/core/v1.ts'
import { usesHostNetwork } from './spec.ts'

export interface ResolverConfig {
  servers: string[]
  searches: string[]
  options: string[]
}

export interface ClusterDns {
  /** Addresses of the cluster's DNS Service; empty when there is none. */
  servers: readonly string[]
  /** `cluster.local` */
  domain: string
}

const nameserversMax = 3
const searchesMax = 32
const searchCharactersMax = 2048
const hostNameLengthMax = 63

/** Reads resolv.conf(5). */
export function parseResolvConf(text: string): ResolverConfig {
  const config: ResolverConfig = { servers: [], searches: [], options: [] }
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (keyword === 'nameserver' && values[0]) config.servers.push(values[0])
    else if (keyword === 'search' || keyword === 'domain') config.searches = values
    else if (keyword === 'options') config.options = values
  }
  return config
}

export function podResolver(pod: Pod, cluster: ClusterDns, host: ResolverConfig): ResolverConfig {
  const base = basicResolver(pod, cluster, host)
  const own = pod.spec?.dnsConfig
  const options = new Map(base.options.map((option) => [option.split(':')[0], option]))
  for (const { name = '', value } of own?.options ?? [])
    options.set(name, value === undefined ? name : `${name}:${value}`)
  return {
    servers: unique([...base.servers, ...(own?.nameservers ?? [])]).slice(0, nameserversMax),
    searches: limitSearches(unique([...base.searches, ...(own?.searches ?? [])])),
    options: [...options.values()],
  }
}

function basicResolver(pod: Pod, cluster: ClusterDns, host: ResolverConfig): ResolverConfig {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'None') return { servers: [], searches: [], options: [] }
  const usesCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !usesHostNetwork(pod))
  if (!usesCluster || cluster.servers.length === 0) return host
  const { domain } = cluster
  const searches = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain]
  return { servers: [...cluster.servers], searches: unique([...searches, ...host.searches]), options: ['ndots:5'] }
}

function limitSearches(searches: string[]): string[] {
  const kept: string[] = []
  let characters = 0
  for (const search of searches.slice(0, searchesMax)) {
    characters += search.length + 1
    if (characters > searchCharactersMax) break
    kept.push(search)
  }
  return kept
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}

export interface HostName {
  hostname: string
  /** Empty without a subdomain. */
  domain: string
}

export function podHostName(pod: Pod, clusterDomain: string): HostName {
  const spec = pod.spec
  const override = spec?.hostnameOverride
  if (override) return { hostname: override, domain: '' }
  const chosen = spec?.hostname || (pod.metadata.name ?? '').slice(0, hostNameLengthMax).replace(/[-.]+$/, '')
  const domain = spec?.subdomain ? `${spec.subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : ''
  return { hostname: spec?.setHostnameAsFQDN && domain !== '' ? `${chosen}.${domain}` : chosen, domain }
}

/** The content of a pod's /etc/hosts. `hostFile`: the node's own, which host-network pods get. */
export function hostsFile(pod: Pod, ips: readonly string[], name: HostName, hostFile: string): string {
  const aliases = (pod.spec?.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`)
  const added = aliases.length > 0 ? `\n# Entries added by HostAliases.\n${aliases.join('')}` : ''
  if (usesHostNetwork(pod)) return `# Kubernetes-managed hosts file (host network).\n${hostFile}${added}`
  const short = name.hostname.split('.')[0] ?? ''
  const names = name.domain === '' ? name.hostname : `${short}.${name.domain}\t${short}`
  const own = ips.map((ip) => `${ip}\t${names}\n`).join('')
  return (
    '# Kubernetes-managed hosts file.\n' +
    '127.0.0.1\tlocalhost\n' +
    '::1\tlocalhost ip6-localhost ip6-loopback\n' +
    'fe00::0\tip6-localnet\n' +
    'fe00::0\tip6-mcastprefix\n' +
    'fe00::1\tip6-allnodes\n' +
    'fe00::2\tip6-allrouters\n' +
    own +
    added
  )
}
