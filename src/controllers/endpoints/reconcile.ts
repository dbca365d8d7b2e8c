/** Keeps the Endpoints object of every Service that has a selector, and removes those of Services that are gone. */
import { ApiError } from '../../api/errors.ts'
import { keyOf, splitKey } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Endpoints } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { sameJson } from '../same-json.ts'
import { ChangeTimes, serviceKeysOf, servingPods } from '../service-pods.ts'
import { planEndpoints } from './plan.ts'

export function endpointsController(parts: ControllerParts): Controller {
  const services = parts.informers.of(coreV1.services)
  const pods = parts.informers.of(coreV1.pods)
  const endpoints = parts.informers.of(coreV1.endpoints)
  const changeTimes = new ChangeTimes()

  async function reconcile(key: string): Promise<Outcome> {
    const { namespace, name } = splitKey(key)
    const api = parts.client.of(coreV1.endpoints, namespace)
    const service = services.get(key)
    const existing = endpoints.get(key)
    if (!service) {
      changeTimes.forget(key)
      return existing ? ignoring('NotFound', api.delete(name)) : done
    }
    if (!service.spec?.selector || Object.keys(service.spec.selector).length === 0) return done
    if (service.spec.type === 'ExternalName') return done
    const selected = servingPods(service, pods)
    const wanted = planEndpoints(service, selected, { existing, changeTime: changeTimes.since(service, selected) })
    if (existing && sameContent(existing, wanted)) return done
    return existing ? ignoring('NotFound', api.update(wanted)) : ignoring('AlreadyExists', api.create(wanted))
  }

  return {
    name: 'endpoints',
    sources: [
      source(services, ({ object }) => [keyOf(object)]),
      source(pods, (change) => serviceKeysOf(change, services)),
      source(endpoints, ({ type, object }) =>
        type === 'deleted' && services.get(keyOf(object)) ? [keyOf(object)] : [],
      ),
    ],
    reconcile,
  }
}

function sameContent(existing: Endpoints, wanted: Endpoints): boolean {
  return (
    sameJson(existing.subsets ?? [], wanted.subsets ?? []) &&
    sameJson(existing.metadata.labels ?? {}, wanted.metadata.labels ?? {})
  )
}

async function ignoring(reason: 'NotFound' | 'AlreadyExists', write: Promise<unknown>): Promise<Outcome> {
  try {
    await write
  } catch (error) {
    const terminating = error instanceof ApiError && error.message.includes('is being terminated')
    if (!terminating && !(error instanceof ApiError && error.reason === reason)) throw error
  }
  return done
}
