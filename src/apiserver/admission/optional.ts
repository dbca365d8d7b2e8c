/** The steps that only a flag turns on. */
import { alwaysPullImages } from './always-pull-images.ts'
import type { AdmissionParts } from './chain.ts'
import { denyServiceExternalIPs } from './deny-external-ips.ts'
import { eventRateLimit } from './event-rate-limit.ts'
import { extendedResourceToleration } from './extended-resource-toleration.ts'
import { imagePolicyWebhook } from './image-policy.ts'
import { ownerReferencesPermissionEnforcement } from './owner-references.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { podNodeSelector } from './pod-node-selector.ts'
import { podTolerationRestriction } from './pod-toleration-restriction.ts'

/** Throws when one that was asked for lacks the settings that it cannot do without. */
export function optionalPlugins(parts: AdmissionParts, enabled: readonly string[]): AdmissionPlugin[] {
  return enabled.flatMap((name) => makers[name]?.(parts) ?? [])
}

const makers: Readonly<Record<string, ((parts: AdmissionParts) => AdmissionPlugin) | undefined>> = {
  AlwaysPullImages: () => alwaysPullImages,
  DenyServiceExternalIPs: () => denyServiceExternalIPs,
  ExtendedResourceToleration: () => extendedResourceToleration,
  PodNodeSelector: ({ objects, configuration }) => podNodeSelector(objects, configuration?.podNodeSelectors),
  PodTolerationRestriction: ({ objects, configuration }) =>
    podTolerationRestriction(objects, configuration?.tolerations),
  EventRateLimit: ({ configuration, clock }) =>
    eventRateLimit(configuration?.eventLimits ?? needed('EventRateLimit', 'settings in the configuration file'), clock),
  ImagePolicyWebhook: ({ configuration, net, clock }) =>
    imagePolicyWebhook(
      configuration?.imagePolicy ?? needed('ImagePolicyWebhook', 'settings in the configuration file'),
      {
        net: net ?? needed('ImagePolicyWebhook', 'a network'),
        clock,
      },
    ),
  OwnerReferencesPermissionEnforcement: ({ authorizer, scheme }) =>
    ownerReferencesPermissionEnforcement({
      authorizer,
      scheme: scheme ?? needed('OwnerReferencesPermissionEnforcement', 'the served resources'),
    }),
}

function needed(plugin: string, what: string): never {
  throw new Error(`admission step ${plugin} needs ${what}`)
}
