/** Signs `kube-public/cluster-info` with the bootstrap tokens there are, and deletes those that have ended. */
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { sameStatus } from '../status.ts'
import { endMs, signedData, signingToken, tokenSecretType } from './plan.ts'

const namespace = 'kube-system'
const place = { namespace: 'kube-public', name: 'cluster-info' }
const fieldSelector = `type=${tokenSecretType}`

export function bootstrapSigner(parts: ControllerParts): Controller {
  const secrets = parts.informers.of(coreV1.secrets, { namespace, fieldSelector })
  const maps = parts.informers.of(coreV1.configMaps, {
    namespace: place.namespace,
    fieldSelector: `metadata.name=${place.name}`,
  })
  const key = `${place.namespace}/${place.name}`
  return {
    name: 'bootstrap-signer',
    workers: 1,
    sources: [source(secrets, () => [key]), source(maps, () => [key])],
    async reconcile(): Promise<Outcome> {
      const map = maps.get(key)
      if (!map) return done
      const nowMs = parts.clock.nowMs()
      const tokens = secrets.list().flatMap((secret) => signingToken(secret, nowMs) ?? [])
      const data = signedData(map.data ?? {}, tokens)
      if (!sameStatus(data, map.data ?? {})) {
        await ifThere(parts.client.of(coreV1.configMaps, place.namespace).update({ ...map, data }))
      }
      const ends = secrets.list().flatMap((secret) => endMs(secret) ?? [])
      const next = Math.min(...ends.filter((end) => end > nowMs))
      return next === Number.POSITIVE_INFINITY ? done : { kind: 'requeueAfter', delayMs: next - nowMs }
    },
  }
}

export function tokenCleaner(parts: ControllerParts): Controller {
  const secrets = parts.informers.of(coreV1.secrets, { namespace, fieldSelector })
  return {
    name: 'token-cleaner',
    workers: 1,
    sources: [source(secrets, ({ object }) => [keyOf(object)])],
    async reconcile(key): Promise<Outcome> {
      const secret = secrets.get(key)
      const end = secret && endMs(secret)
      if (!secret || end === undefined) return done
      const delayMs = end - parts.clock.nowMs()
      if (delayMs > 0) return { kind: 'requeueAfter', delayMs }
      const { name = '', uid } = secret.metadata
      await ifThere(
        parts.client.of(coreV1.secrets, namespace).delete(name, uid === undefined ? {} : { preconditions: { uid } }),
      )
      return done
    },
  }
}
