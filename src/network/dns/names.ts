/** Services and EndpointSlices for the zone, indexed by what questions ask for, kept current by informers. */
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { Informers } from '../../client/informer.ts'
import { addressKey, type Names } from './zone.ts'

const serviceNameLabel = 'kubernetes.io/service-name'

/** The informers are started by the caller. `ready` rejects when they are stopped before they synced. */
export function informedNames(informers: Informers): Names & { ready: Promise<void> } {
  const services = informers.of(coreV1.services)
  const slices = informers.of(discoveryV1.endpointSlices)
  services.addIndex('address', ({ spec }) =>
    (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).filter((each) => each && each !== 'None').map(addressKey),
  )
  services.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? ''])
  slices.addIndex('service', ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ''}`])
  slices.addIndex('address', ({ addressType, endpoints }) =>
    addressType === 'FQDN' ? [] : (endpoints ?? []).flatMap((each) => each.addresses.map(addressKey)),
  )
  return {
    ready: Promise.all([services.synced(), slices.synced()]).then(() => undefined),
    service: (namespace, name) => services.get(`${namespace}/${name}`),
    servicesWithAddress: (key) => services.byIndex('address', key),
    hasNamespace: (namespace) => services.byIndex('namespace', namespace).length > 0,
    slices: (namespace, service) => slices.byIndex('service', `${namespace}/${service}`),
    slicesWithAddress: (key) => slices.byIndex('address', key),
  }
}
