/**
 * No Service may take addresses that somebody else may own (CVE-2020-8554). The proxy of a node does not route them
 * either unless it is told to; this step says so to whoever asks for one.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#denyserviceexternalips
 */
import type { Service } from '../../api/types/core/v1.ts'
import { type AdmissionPlugin, forbid, isFor } from './plugin.ts'

export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  validate(attributes) {
    if (!isFor(attributes, 'services', 'CREATE', 'UPDATE')) return
    const known = new Set((attributes.oldObject as Service | undefined)?.spec?.externalIPs)
    const wanted = (attributes.object as Service).spec?.externalIPs ?? []
    if (wanted.every((address) => known.has(address))) return
    throw forbid(attributes, 'Use of external IPs is denied by admission control')
  },
}
