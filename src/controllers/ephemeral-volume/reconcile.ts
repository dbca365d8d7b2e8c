/**
 * Makes the claims of pods' ephemeral volumes; they go with the pod that owns them.
 * Source: https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
 */
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { PersistentVolumeClaim, Pod, Volume } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifNew, isNamespaceTerminating } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'

const byClaim = 'ephemeral-claim'

export function ephemeralVolumeController(parts: ControllerParts): Controller {
  const { client, informers, meters } = parts
  const pods = informers.of(coreV1.pods)
  const claims = informers.of(coreV1.persistentVolumeClaims)
  const events = parts.events.as('ephemeral_volume')
  pods.addIndex(byClaim, (pod) =>
    ephemeralOf(pod).map((volume) => `${pod.metadata.namespace}/${claimName(pod, volume)}`),
  )
  return {
    name: 'ephemeral-volume-controller',
    sources: [
      source(pods, ({ type, object }) => (type !== 'deleted' && ephemeralOf(object).length > 0 ? [keyOf(object)] : [])),
      // One that is gone while its pod lives is made again.
      source(claims, ({ type, object }) => {
        return type === 'deleted' ? pods.byIndex(byClaim, keyOf(object)).map(keyOf) : []
      }),
    ],
    async reconcile(key) {
      const pod = pods.get(key)
      if (!pod || pod.metadata.deletionTimestamp) return done
      for (const volume of ephemeralOf(pod)) {
        const name = claimName(pod, volume)
        const known = claims.get(`${pod.metadata.namespace}/${name}`)
        if (known && isOwned(known, pod)) continue
        const say = (reason: string, what: string): void =>
          events.event(
            { resource: coreV1.pods, object: pod },
            'Warning',
            reason,
            `ephemeral volume ${volume.name}: ${what}`,
          )
        if (known) {
          const message = `PVC ${keyOf(known)} was not created for pod ${key} (pod is not owner)`
          say('FailedBinding', message)
          throw new Error(message)
        }
        meters?.count('ephemeral_volume_controller_create_total')
        try {
          const api = client.of(coreV1.persistentVolumeClaims, pod.metadata.namespace)
          await ifNew(api.create(claimFor(pod, volume, name)))
        } catch (error) {
          meters?.count('ephemeral_volume_controller_create_failures_total')
          if (isNamespaceTerminating(error)) return done
          say('FailedCreate', `create PVC ${name}: ${messageOf(error)}`)
          throw error
        }
      }
      return done
    },
  }
}

function ephemeralOf(pod: Pod): Volume[] {
  return (pod.spec?.volumes ?? []).filter(({ ephemeral }) => ephemeral?.volumeClaimTemplate)
}

function claimName({ metadata }: Pod, { name }: Volume): string {
  return `${metadata.name}-${name}`
}

function isOwned({ metadata }: PersistentVolumeClaim, pod: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid, controller }) => controller && uid === pod.metadata.uid)
}

function claimFor(pod: Pod, { ephemeral }: Volume, name: string): PersistentVolumeClaim {
  const { metadata = {}, spec } = ephemeral?.volumeClaimTemplate ?? { spec: {} }
  const { name: podName = '', uid = '' } = pod.metadata
  const owner = { apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true, blockOwnerDeletion: true }
  const { annotations, labels } = metadata
  return {
    metadata: {
      name,
      ownerReferences: [owner],
      ...(annotations ? { annotations } : {}),
      ...(labels ? { labels } : {}),
    },
    spec,
  }
}
