/**
 * Where the server of an APIService is: a ready endpoint of its Service, looked up among our own objects so that no name
 * server has a say in it; and whether it can be there at all.
 */
import { joinHostPort } from '../../api/addresses.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { APIServiceCondition, APIServiceSpec } from '../../api/types/apiregistration/v1.ts'
import type { Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import type { ClientTls, TlsIdentity } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import type { Objects } from '../objects.ts'

export type Problem = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>

/** What is known of a Service. */
export interface Backing {
  service: Service | undefined
  slices: readonly EndpointSlice[]
}

export async function backingOf(objects: Objects, { service }: APIServiceSpec): Promise<Backing> {
  const { namespace = '', name = '' } = service ?? {}
  const slices = await objects.list(discoveryV1.endpointSlices, namespace)
  return {
    service: await objects.get(coreV1.services, `${namespace}/${name}`),
    slices: slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name),
  }
}

/** Why nobody can be there, in upstream's words; undefined when somebody may. Pure. */
export function problemOf({ service: reference }: APIServiceSpec, { service, slices }: Backing): Problem | undefined {
  const { namespace = '', name = '', port = 443 } = reference ?? {}
  const no = (reason: string, message: string): Problem => ({ status: 'False', reason, message })
  const shown = `service/${name} in "${namespace}"`
  if (!service) return no('ServiceNotFound', `${shown} is not present`)
  if (service.spec?.type !== 'ClusterIP') return undefined
  const listening = service.spec.ports?.find((one) => one.port === port)
  if (!listening) return no('ServicePortError', `${shown} is not listening on port ${port}`)
  if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${shown}`)
  const portName = listening.name ?? ''
  if (slices.some((slice) => addressesOf(slice, portName).length > 0)) return undefined
  return no('MissingEndpoints', `endpointslices for ${shown} have no addresses with port name "${portName}"`)
}

/** `https://10.0.0.1:8443`, any of the ready ones; undefined when there is none. */
export function baseOf({ service: reference }: APIServiceSpec, { service, slices }: Backing, random: Random) {
  const wanted = service?.spec?.ports?.find(({ port }) => port === (reference?.port ?? 443))
  if (!wanted) return undefined
  const addresses = slices.flatMap((slice) => addressesOf(slice, wanted.name ?? ''))
  const address = addresses[random.int(Math.max(1, addresses.length))]
  return address === undefined ? undefined : `https://${address}`
}

/** How its server proves who it is, and we prove that we are the front proxy. */
export function tlsOf(spec: APIServiceSpec, identity: TlsIdentity | undefined): ClientTls {
  const { service, caBundle, insecureSkipTLSVerify } = spec
  return {
    ...(identity ? { identity } : {}),
    ...(insecureSkipTLSVerify ? { insecureSkipVerify: true } : {}),
    ...(caBundle ? { caPem: Buffer.from(caBundle, 'base64').toString('utf8') } : {}),
    serverName: `${service?.name}.${service?.namespace}.svc`,
  }
}

function addressesOf({ ports = [], endpoints = [] }: EndpointSlice, portName: string): string[] {
  const port = ports.find((one) => (one.name ?? '') === portName)?.port
  if (port === undefined) return []
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.slice(0, 1))
    .map((address) => joinHostPort(address, port))
}
