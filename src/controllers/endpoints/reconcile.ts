/** Keeps the Endpoints object of every Service that has a selector, and removes those of Services that are gone. */
import { keyOf, splitKey } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Endpoints } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere, isNamespaceTerminating } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import { Expectations, notSeenYet } from '../expectations.ts'
import { ChangeTimes, serviceKeysOf, servingPods } from '../service-pods.ts'
import { planEndpoints, sameEndpoints } from './plan.ts'

/** Locks of old, which belong to no Service. */
const lockAnnotation = 'control-plane.alpha.kubernetes.io/leader'

export function endpointsController(parts: ControllerParts): Controller {
  const services = parts.informers.of(coreV1.services)
  const pods = parts.informers.of(coreV1.pods)
  const endpoints = parts.informers.of(coreV1.endpoints)
  const changeTimes = new ChangeTimes()
  const expectations = new Expectations(parts.clock, endpoints)

  async function reconcile(key: string): Promise<Outcome> {
    const { namespace, name } = splitKey(key)
    const api = parts.client.of(coreV1.endpoints, namespace)
    const service = services.get(key)
    if (!service) {
      changeTimes.forget(key)
      expectations.forget(key)
      // Also when none is known here: it may have been made a moment ago.
      await ifThere(api.delete(name))
      return done
    }
    if (!service.spec?.selector || Object.keys(service.spec.selector).length === 0) return done
    if (service.spec.type === 'ExternalName') return done
    if (!expectations.satisfied(key)) return notSeenYet
    const existing = endpoints.get(key)
    const selected = servingPods(service, pods)
    const wanted = planEndpoints(service, selected, { existing, changeTime: changeTimes.since(service, selected) })
    if (existing && sameEndpoints(existing, wanted)) return done
    try {
      if (existing) await ifThere(api.update(wanted))
      else expectations.created(key, await api.create(wanted))
    } catch (error) {
      if (isNamespaceTerminating(error)) return done
      tellOfFailure(parts, wanted, { existed: existing !== undefined, error })
      throw error
    }
    return done
  }

  return {
    name: 'endpoints',
    sources: [
      source(services, ({ object }) => [keyOf(object)]),
      source(pods, (change) => serviceKeysOf(change, services)),
      // What others change in one stays until something else happens; one that is new may be ours, waited for.
      source(endpoints, ({ type, object }) =>
        type !== 'updated' && services.get(keyOf(object)) ? [keyOf(object)] : [],
      ),
    ],
    reconcile,
    /** Services may have gone while nobody looked. */
    start(queue) {
      for (const one of endpoints.list()) {
        if (one.metadata.annotations?.[lockAnnotation] === undefined) queue.add(keyOf(one))
      }
    },
  }
}

function tellOfFailure(
  { events }: ControllerParts,
  object: Endpoints,
  { existed, error }: { existed: boolean; error: unknown },
): void {
  const about = { resource: coreV1.endpoints, object }
  const [reason, what] = existed
    ? ['FailedToUpdateEndpoint', 'Failed to update endpoint']
    : ['FailedToCreateEndpoint', 'Failed to create endpoint for service']
  const message = `${what} ${keyOf(object)}: ${messageOf(error)}`
  events.as('endpoint-controller').event(about, 'Warning', reason, message)
}
