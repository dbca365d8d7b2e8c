/**
 * Environment variables that tell a container of the Services in its namespace, in both the plain and Docker's style.
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
import type { Pod, Service, ServicePort } from '../../api/types/core/v1.ts'

export type Environment = [name: string, value: string][]

/** Services that pods of any namespace learn of even with `enableServiceLinks: false`. */
const everywhere = { namespace: 'default', names: new Set(['kubernetes']) }

export function serviceLinks(pod: Pod, services: readonly Service[]): Environment {
  const chosen = new Map<string, Service>()
  for (const service of services) {
    const { name = '', namespace = '' } = service.metadata
    const { clusterIP } = service.spec ?? {}
    if (!clusterIP || clusterIP === 'None') continue
    const own = namespace === pod.metadata.namespace && pod.spec?.enableServiceLinks !== false
    const global = namespace === everywhere.namespace && everywhere.names.has(name)
    if (own) chosen.set(name, service)
    else if (global && !chosen.has(name)) chosen.set(name, service)
  }
  return [...chosen.keys()].sort().flatMap((name) => linksOf(chosen.get(name) as Service))
}

function linksOf(service: Service): Environment {
  const prefix = variableName(service.metadata.name ?? '')
  const host = service.spec?.clusterIP ?? ''
  const ports = service.spec?.ports ?? []
  const [first] = ports
  if (!first) return []
  const links: Environment = [
    [`${prefix}_SERVICE_HOST`, host],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
  ]
  for (const { name, port } of ports)
    if (name) links.push([`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)])
  return [...links, ...dockerLinks(prefix, host, ports)]
}

function dockerLinks(prefix: string, host: string, ports: readonly ServicePort[]): Environment {
  return ports.flatMap(({ port, protocol = 'TCP' }, index) => {
    const portPrefix = `${prefix}_PORT_${port}_${protocol}`
    const address = host.includes(':') ? `[${host}]` : host
    const url = `${protocol.toLowerCase()}://${address}:${port}`
    const links: Environment = [
      [portPrefix, url],
      [`${portPrefix}_PROTO`, protocol.toLowerCase()],
      [`${portPrefix}_PORT`, String(port)],
      [`${portPrefix}_ADDR`, host],
    ]
    return index === 0 ? [[`${prefix}_PORT`, url] as [string, string], ...links] : links
  })
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}
