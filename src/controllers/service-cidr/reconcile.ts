/** Readies ServiceCIDRs for the allocators of cluster IPs, and holds on to those that are still needed. */
import { apiVersionOf } from '../../api/meta.ts'
import { networkingV1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { finalizer, planCidr } from './plan.ts'

const resource = networkingV1.serviceCIDRs

export function serviceCidrController(parts: ControllerParts): Controller {
  const cidrs = parts.informers.of(resource)
  const addresses = parts.informers.of(networkingV1.ipAddresses)
  const all = () => cidrs.list().map(({ metadata }) => metadata.name ?? '')
  const ending = () => cidrs.list().filter(({ metadata }) => metadata.deletionTimestamp)
  const client = parts.client.of(resource)
  return {
    name: 'service-cidr-controller',
    // Another range may hold what one that is being deleted held; an address that went may have been its last.
    sources: [source(cidrs, all), source(addresses, () => ending().map(({ metadata }) => metadata.name ?? ''))],
    async reconcile(name) {
      const cidr = cidrs.get(name)
      if (!cidr) return done
      const plan = planCidr(cidr, cidrs.list(), addresses.list(), parts.clock.nowMs())
      const { uid, resourceVersion, finalizers = [] } = cidr.metadata
      const setFinalizers = async (next: readonly string[]) => {
        const patch = { metadata: { uid, resourceVersion, finalizers: next } }
        await ifThere(client.patch(name, { type: 'merge', patch }))
        return done
      }
      if (plan.kind === 'guard') return await setFinalizers([...finalizers, finalizer])
      if (plan.kind === 'release') return await setFinalizers(finalizers.filter((one) => one !== finalizer))
      if (plan.kind === 'wait') return { kind: 'requeueAfter', delayMs: plan.delayMs }
      if (plan.kind === 'none') return done
      const condition = { ...plan.condition, lastTransitionTime: rfc3339(parts.clock.nowMs()) }
      const kind = { apiVersion: apiVersionOf(resource), kind: resource.kind }
      const patch = { ...kind, metadata: { name }, status: { conditions: [condition] } }
      await ifThere(
        client.patchStatus(name, { type: 'apply', patch, force: true }, { fieldManager: 'service-cidr-controller' }),
      )
      return done
    },
  }
}
