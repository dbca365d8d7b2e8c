/** Answers ResourcePoolStatusRequests, each once, and clears them away later. Behind the gate DRAResourcePoolStatus. */
import { resourceV1, resourceV1alpha3 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { expiryMs, planStatus } from './plan.ts'

export function resourcePoolStatusController({ client, informers, clock }: ControllerParts): Controller {
  const requests = informers.of(resourceV1alpha3.resourcePoolStatusRequests)
  const slices = informers.of(resourceV1.resourceSlices)
  const claims = informers.of(resourceV1.resourceClaims)
  return {
    name: 'resourcepoolstatusrequest-controller',
    workers: 1,
    sources: [
      source(requests, ({ object }) => [object.metadata.name ?? '']),
      // What is not published whole yet waits for the rest.
      source(slices, ({ object }) =>
        requests
          .list()
          .filter(({ spec, status }) => !status && spec.driver === object.spec.driver)
          .map(({ metadata }) => metadata.name ?? ''),
      ),
      source(claims, () => []),
    ],
    async reconcile(name) {
      const request = requests.get(name)
      if (!request) return done
      const api = client.of(resourceV1alpha3.resourcePoolStatusRequests)
      const { uid } = request.metadata
      const leftMs = expiryMs(request) - clock.nowMs()
      if (leftMs <= 0) {
        await ifThere(api.delete(name, uid ? { preconditions: { uid } } : {}))
        return done
      }
      if (!request.status) {
        const status = planStatus(request, slices.list(), claims.list(), rfc3339(clock.nowMs()))
        if (status) await ifThere(api.updateStatus({ ...request, status }))
      }
      return { kind: 'requeueAfter', delayMs: leftMs }
    },
  }
}
