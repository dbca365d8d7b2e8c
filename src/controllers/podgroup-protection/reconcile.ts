/** Keeps a PodGroup that is being deleted for as long as unfinished pods are in it. Behind the gate GenericWorkload. */
import { keyOf } from '../../api/meta.ts'
import { coreV1, schedulingV1alpha2 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { isFinished } from '../pods.ts'
import { protect } from '../protection.ts'

const byGroup = 'active-pod-group'
const finalizer = 'scheduling.k8s.io/podgroup-protection'

export function podGroupProtectionController({ client, informers }: ControllerParts): Controller {
  const groups = informers.of(schedulingV1alpha2.podGroups)
  const pods = informers.of(coreV1.pods)
  pods.addIndex(byGroup, (pod) => (isFinished(pod) ? [] : groupKeys(pod)))
  return {
    name: 'podgroup-protection-controller',
    workers: 1,
    sources: [
      source(groups, ({ object }) => [keyOf(object)]),
      source(pods, (change) => {
        if (change.type === 'updated' && change.object.metadata.uid !== change.previous.metadata.uid)
          return [...groupKeys(change.previous), ...groupKeys(change.object)]
        return change.type === 'deleted' || isFinished(change.object) ? groupKeys(change.object) : []
      }),
    ],
    async reconcile(key) {
      const group = groups.get(key)
      // Admission puts the finalizer on; here it is only taken off.
      if (!group?.metadata.deletionTimestamp) return done
      const inUse = () => pods.byIndex(byGroup, key).length > 0
      return protect(group, { client, resource: schedulingV1alpha2.podGroups, finalizer, inUse })
    },
  }
}

function groupKeys({ metadata, spec }: Pod): string[] {
  const name = spec?.schedulingGroup?.podGroupName
  return name ? [`${metadata.namespace}/${name}`] : []
}
