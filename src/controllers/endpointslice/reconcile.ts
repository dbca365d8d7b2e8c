/** Keeps the EndpointSlices of every Service that has a selector. */

import { ApiError } from '../../api/errors.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { Expectations, notSeenYet } from '../expectations.ts'
import { controllerReference } from '../ownership.ts'
import { lastChangeTime, serviceKeysOf, servingPods } from '../service-pods.ts'
import { managedBy, managedByLabel, planSlices, serviceNameLabel } from './plan.ts'

const byService = 'service'

export function endpointSliceController(parts: ControllerParts): Controller {
  const services = parts.informers.of(coreV1.services)
  const pods = parts.informers.of(coreV1.pods)
  const slices = parts.informers.of(discoveryV1.endpointSlices)
  const nodes = parts.informers.of(coreV1.nodes)
  const expectations = new Expectations(parts.clock, slices)
  slices.addIndex(byService, (slice) => [serviceKeyOf(slice)])

  async function reconcile(key: string): Promise<Outcome> {
    const service = services.get(key)
    if (!service) {
      expectations.forget(key)
      return done
    }
    if (!service.spec?.selector || Object.keys(service.spec.selector).length === 0) return done
    if (service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp) return done
    if (!expectations.satisfied(key)) return notSeenYet
    const selected = servingPods(service, pods)
    const plan = planSlices({
      service,
      pods: selected,
      slices: slices.byIndex(byService, key).filter((slice) => slice.metadata.deletionTimestamp === undefined),
      nodeOf: (name) => nodes.get(name),
      changeTime: lastChangeTime(service, selected),
    })
    const api = parts.client.of(discoveryV1.endpointSlices, service.metadata.namespace)
    try {
      for (const slice of plan.create) {
        slice.metadata.ownerReferences = [controllerReference(coreV1.services, service)]
        expectations.created(key, await api.create(slice))
      }
      for (const slice of plan.update) await api.update(slice)
      for (const slice of plan.delete) await ifThere(api.delete(slice.metadata.name ?? ''))
    } catch (error) {
      if (error instanceof ApiError && error.message.includes('is being terminated')) return done
      throw error
    }
    return done
  }

  return {
    name: 'endpointslice',
    sources: [
      source(services, ({ object }) => [keyOf(object)]),
      source(pods, (change) => serviceKeysOf(change, services)),
      source(slices, ({ object }) => (serviceKeyOf(object) === '' ? [] : [serviceKeyOf(object)])),
    ],
    reconcile,
  }
}

/** The Service of a slice that this controller manages; empty for others' slices. */
function serviceKeyOf(slice: EndpointSlice): string {
  const labels = slice.metadata.labels ?? {}
  if (labels[managedByLabel] !== managedBy || !labels[serviceNameLabel]) return ''
  return `${slice.metadata.namespace}/${labels[serviceNameLabel]}`
}
