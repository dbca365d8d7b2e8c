/**
 * Versions that are stored as another one: how their objects are converted, and their strategies, which are those of the
 * stored version. Only events and autoscalers have two stable versions; the rest is beta and alpha.
 */
import { autoscalerConversion } from '../../api/conversion/autoscaling.ts'
import { deviceConversion } from '../../api/conversion/devices.ts'
import { eventConversion } from '../../api/conversion/events.ts'
import { sameFieldsConversion } from '../../api/conversion/same-fields.ts'
import { apiVersionOf, groupResource, type KubeObject, type Resource } from '../../api/meta.ts'
import {
  admissionregistrationV1,
  admissionregistrationV1alpha1,
  admissionregistrationV1beta1,
  autoscalingV1,
  autoscalingV2,
  certificatesV1alpha1,
  certificatesV1beta1,
  coordinationV1alpha2,
  coordinationV1beta1,
  coreV1,
  eventsV1,
  networkingV1,
  networkingV1beta1,
  resourceV1,
  resourceV1alpha3,
  resourceV1beta1,
  resourceV1beta2,
  storageV1,
  storageV1beta1,
} from '../../api/resources.ts'
import type { Conversion, KindName } from '../scheme/served.ts'
import type { Strategy } from './strategy.ts'
import { throughStored } from './through-stored.ts'

interface ConvertedVersion {
  served: Resource
  stored: Resource
  conversion: Conversion
}

function same(served: object, stored: object): ConvertedVersion {
  const [one, other] = [served, stored] as Resource[] as [Resource, Resource]
  const names = { served: apiVersionOf(one), stored: apiVersionOf(other) }
  return { served: one, stored: other, conversion: sameFieldsConversion(names) }
}

function device(plural: 'deviceClasses' | 'resourceClaims' | 'resourceClaimTemplates' | 'resourceSlices') {
  const [served, stored] = [resourceV1beta1[plural], resourceV1[plural]] as Resource[] as [Resource, Resource]
  return { served, stored, conversion: deviceConversion }
}

const autoscalers: ConvertedVersion = {
  served: autoscalingV1.horizontalPodAutoscalers as Resource,
  stored: autoscalingV2.horizontalPodAutoscalers as Resource,
  conversion: autoscalerConversion,
}

const policies = ['mutatingAdmissionPolicies', 'mutatingAdmissionPolicyBindings'] as const
const devices = ['deviceClasses', 'resourceClaims', 'resourceClaimTemplates', 'resourceSlices'] as const

const versions: readonly ConvertedVersion[] = [
  autoscalers,
  ...policies.map((plural) => same(admissionregistrationV1alpha1[plural], admissionregistrationV1[plural])),
  ...policies.map((plural) => same(admissionregistrationV1beta1[plural], admissionregistrationV1[plural])),
  same(certificatesV1alpha1.clusterTrustBundles, certificatesV1beta1.clusterTrustBundles),
  same(coordinationV1alpha2.leaseCandidates, coordinationV1beta1.leaseCandidates),
  same(networkingV1beta1.ipAddresses, networkingV1.ipAddresses),
  same(networkingV1beta1.serviceCIDRs, networkingV1.serviceCIDRs),
  same(resourceV1alpha3.deviceTaintRules, resourceV1beta2.deviceTaintRules),
  ...devices.map(device),
  ...devices.map((plural) => same(resourceV1beta2[plural], resourceV1[plural])),
  same(storageV1beta1.volumeAttributesClasses, storageV1.volumeAttributesClasses),
]

/** Adds the strategies of these versions, by `plural.group/version`. */
export function addVersions(strategies: Map<string, Strategy>): void {
  for (const { served, stored, conversion } of versions) {
    const own = strategies.get(groupResource(stored)) ?? { resource: stored }
    strategies.set(versioned(served), throughStored(served, own, conversion))
  }
}

/** By `plural.group/version`. Events of the newer group have a strategy of their own. */
export function conversions(): Map<string, { stored: KindName; conversion: Conversion }> {
  const events: ConvertedVersion = {
    served: eventsV1.events as Resource,
    stored: coreV1.events as Resource,
    conversion: eventConversion,
  }
  return new Map(
    [...versions, events].map(({ served, stored, conversion }) => [
      versioned(served),
      { stored: kindOf(stored), conversion },
    ]),
  )
}

function versioned(resource: Resource): string {
  return `${groupResource(resource)}/${resource.version}`
}

function kindOf({ group, version, kind }: Resource<KubeObject>): KindName {
  return { group, version, kind }
}
