/** What a pod's status says of devices: their health by container, and the claim made for extended resources. Source: KEP-4680, KEP-5004. */
import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../../api/names.ts'
import type { ContainerStatus, Pod } from '../../../../api/types/core/v1.ts'
import { duplicate, forbidden, invalid, invalidEach, notSupported, required } from '../../validation/field.ts'

const healths = ['Healthy', 'Unhealthy', 'Unknown']

export function validateDeviceStatus({ spec, status }: Pod): FieldError[] {
  const names = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name }) => name)
  return [
    ...validateExtendedClaim('status.extendedResourceClaimStatus', status?.extendedResourceClaimStatus, names),
    ...validateHealth('status.containerStatuses', status?.containerStatuses ?? []),
    ...validateHealth('status.initContainerStatuses', status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []).flatMap(({ allocatedResourcesStatus }, index) => {
      const path = `status.ephemeralContainerStatuses[${index}].allocatedResourcesStatus`
      return allocatedResourcesStatus ? [forbidden(path, 'must not be specified in container status')] : []
    }),
  ]
}

function validateHealth(path: string, statuses: readonly ContainerStatus[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { allocatedResourcesStatus = [] }] of statuses.entries()) {
    for (const [number, { resources = [] }] of allocatedResourcesStatus.entries()) {
      const at = `${path}[${index}].allocatedResourcesStatus[${number}].resources`
      const ids = resources.map(({ resourceID = '' }) => resourceID)
      for (const [place, { health = '', message }] of resources.entries()) {
        if (!healths.includes(health)) errors.push(notSupported(`${at}[${place}].health`, health, healths))
        if (message === '') errors.push(required(`${at}[${place}].message`, 'must be non-empty if specified'))
        if (ids.indexOf(ids[place]!) < place) errors.push(duplicate(`${at}[${place}].resourceID`, ids[place]))
      }
    }
  }
  return errors
}

type ExtendedClaim = NonNullable<Pod['status']>['extendedResourceClaimStatus']

function validateExtendedClaim(path: string, claim: ExtendedClaim, containers: readonly string[]): FieldError[] {
  if (!claim) return []
  const { requestMappings = [], resourceClaimName = '' } = claim
  const at = `${path}.requestMappings`
  const errors = requestMappings.length === 0 ? [required(at, 'at least one request mapping is required')] : []
  for (const [index, { containerName = '', requestName = '' }] of requestMappings.entries()) {
    const mapping = `${at}[${index}]`
    if (!containers.includes(containerName)) {
      const why = 'must match the name of an entry in spec.initContainers.name or spec.containers.name'
      errors.push(invalid(`${mapping}.containerName`, containerName, why))
    }
    errors.push(...invalidEach(`${path}.requestName`, requestName, isDns1123Label(requestName)))
  }
  if (resourceClaimName === '') return [...errors, required(`${path}.resourceClaimName`)]
  return [
    ...errors,
    ...invalidEach(`${path}.resourceClaimName`, resourceClaimName, isDns1123Subdomain(resourceClaimName)),
  ]
}
