/**
 * Fields whose ownership is not tracked: metadata that the server sets, and what an endpoint does not let its callers
 * change (upstream's reset fields of each resource's strategy).
 */
import { FieldSet } from './field-set.ts'
import { fieldElement } from './fields-v1.ts'

const systemMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]

/** Never owned by anyone. */
export const untrackedFields: FieldSet = fields(
  'apiVersion',
  'kind',
  'metadata',
  ...systemMetadata.map((name) => `metadata.${name}`),
)

const status = fields('status')
const spec = fields('spec')
const specAndMetadata = fields('spec', 'metadata')

/** Resources that reset something else than `status` where it is written as a whole. */
const mainEndpoints: Record<string, FieldSet> = {
  'certificatesigningrequests.certificates.k8s.io': fields('spec', 'status'),
}

/** Other subresources that do not reset `status`. */
const subresources: Record<string, FieldSet> = {
  'certificatesigningrequests.certificates.k8s.io/approval': fields('spec', 'status.certificate'),
}

/** Resources whose status endpoint resets something else than `spec`. */
const statusEndpoints: Record<string, FieldSet> = {
  'pods.': fields('spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'),
  'deployments.apps': fields('spec', 'metadata.labels'),
  'volumeattachments.storage.k8s.io': specAndMetadata,
  'flowschemas.flowcontrol.apiserver.k8s.io': specAndMetadata,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': specAndMetadata,
  'validatingadmissionpolicies.admissionregistration.k8s.io': specAndMetadata,
  'resourceclaims.resource.k8s.io': specAndMetadata,
  'customresourcedefinitions.apiextensions.k8s.io': specAndMetadata,
  'servicecidrs.networking.k8s.io': specAndMetadata,
  'certificatesigningrequests.certificates.k8s.io': fields('spec', 'status.conditions'),
  'devicetaintrules.resource.k8s.io': specAndMetadata,
  'podgroups.scheduling.k8s.io': specAndMetadata,
  'resourcepoolstatusrequests.resource.k8s.io': specAndMetadata,
  'storageversionmigrations.storagemigration.k8s.io': specAndMetadata,
  'storageversions.internal.apiserver.k8s.io': specAndMetadata,
}

export interface Endpoint {
  group: string
  plural: string
  /** Whether the resource has a `status` subresource. */
  hasStatus: boolean
  custom?: boolean | undefined
  /** Empty for the main endpoint. */
  subresource: string
}

/** Undefined when the endpoint resets nothing. */
export function resetFields({ group, plural, hasStatus, custom, subresource }: Endpoint): FieldSet | undefined {
  if (!hasStatus) return undefined
  const name = `${plural}.${group}`
  if (subresource === '') return mainEndpoints[name] ?? status
  if (subresource !== 'status') return subresources[`${name}/${subresource}`] ?? status
  return custom ? specAndMetadata : (statusEndpoints[name] ?? spec)
}

function fields(...dotted: string[]): FieldSet {
  return FieldSet.of(...dotted.map((path) => path.split('.').map(fieldElement)))
}
