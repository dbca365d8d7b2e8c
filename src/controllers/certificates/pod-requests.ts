/** Deletes PodCertificateRequests: a quarter of an hour after they were made, whoever wanted one has it. */
import { keyOf } from '../../api/meta.ts'
import { certificatesV1beta1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'

const lifeMs = 900_000

export function podCertificateCleaningController({ client, informers, clock }: ControllerParts): Controller {
  const requests = informers.of(certificatesV1beta1.podCertificateRequests)
  return {
    name: 'podcertificaterequest-cleaner-controller',
    workers: 1,
    sources: [source(requests, ({ type, object }) => (type === 'deleted' ? [] : [keyOf(object)]))],
    async reconcile(key) {
      const request = requests.get(key)
      if (!request) return done
      const { name = '', namespace, uid, creationTimestamp = '' } = request.metadata
      const delayMs = Date.parse(creationTimestamp) + lifeMs - clock.nowMs()
      if (delayMs > 0) return { kind: 'requeueAfter', delayMs }
      const api = client.of(certificatesV1beta1.podCertificateRequests, namespace)
      await ifThere(api.delete(name, uid ? { preconditions: { uid } } : {}))
      return done
    },
  }
}
