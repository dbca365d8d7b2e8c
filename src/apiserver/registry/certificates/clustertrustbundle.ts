/** Root certificates that belong to a signer, or to nobody in particular. Source: KEP-3257. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { certificatesV1beta1 } from '../../../api/resources.ts'
import type { ClusterTrustBundle } from '../../../api/types/certificates/v1beta1.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, messages, tooLong } from '../validation/field.ts'
import { certificatesFault, validateSignerName } from './signer-name.ts'

const bundleBytesMax = 1024 * 1024

export const clusterTrustBundles: Strategy<ClusterTrustBundle> = {
  resource: certificatesV1beta1.clusterTrustBundles,
  // Rules with the signer's name below.
  validateName: (name) => (name.includes(':') ? [] : isDns1123Subdomain(name)),
  validateCreate: validateBundle,
  validateUpdate(bundle, old) {
    const errors = validateBundle(bundle)
    if (bundle.spec?.signerName === old.spec?.signerName) return errors
    return [...errors, invalid('spec.signerName', bundle.spec?.signerName ?? '', messages.immutable)]
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
}

function validateBundle({ metadata, spec }: ClusterTrustBundle): FieldError[] {
  const { signerName = '', trustBundle = '' } = spec ?? {}
  const errors: FieldError[] = validateName(metadata.name ?? '', signerName)
  if (signerName !== '') errors.push(...validateSignerName('spec.signerName', signerName))
  if (trustBundle.length > bundleBytesMax) return [...errors, tooLong('spec.trustBundle', bundleBytesMax)]
  const fault = certificatesFault(trustBundle)
  return fault === undefined ? errors : [...errors, invalid('spec.trustBundle', '<value omitted>', fault)]
}

/** A signer's bundles are called after it: `example.com:signer:name`. */
function validateName(name: string, signerName: string): FieldError[] {
  if (signerName === '') {
    if (!name.includes(':')) return []
    return [invalid('metadata.name', name, 'ClusterTrustBundle without signer name must not have ":" in its name')]
  }
  const prefix = `${signerName.replaceAll('/', ':')}:`
  if (!name.startsWith(prefix)) {
    const why = `ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`
    return [invalid('metadata.name', name, why)]
  }
  return isDns1123Subdomain(name.slice(prefix.length)).map((wrong) => invalid('metadata.name', name, wrong))
}
