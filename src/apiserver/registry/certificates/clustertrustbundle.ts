/** Root certificates that belong to a signer, or to nobody in particular. Source: KEP-3257. */
import { X509Certificate } from 'node:crypto'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { certificatesV1beta1 } from '../../../api/resources.ts'
import type { ClusterTrustBundle } from '../../../api/types/certificates/v1beta1.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, messages, tooLong } from '../validation/field.ts'
import { pemBlock, validateSignerName } from './signer-name.ts'

const bundleBytesMax = 1024 * 1024

export const clusterTrustBundles: Strategy<ClusterTrustBundle> = {
  resource: certificatesV1beta1.clusterTrustBundles,
  allowUnconditionalUpdate: false,
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
  const faults = bundleFaults(trustBundle)
  return [...errors, ...faults.map((fault) => invalid('spec.trustBundle', '<value omitted>', fault))]
}

/** What is wrong with text that should be certificates of authorities, each there once. */
function bundleFaults(text: string): string[] {
  const blocks = [...text.matchAll(pemBlock)].map(([, label = '', body = '']) => ({ label, body }))
  if (blocks.length === 0) return ['at least one trust anchor must be provided']
  const faults = blocks.flatMap(({ label, body }, index) => {
    const fault = anchorFault(label, body)
    return fault === undefined ? [] : [`entry ${index} ${fault}`]
  })
  if (faults.length > 0) return faults
  const places = Map.groupBy(blocks.keys(), (index) => blocks[index]?.body.replaceAll(/\s/g, ''))
  return [...places.values()]
    .filter(({ length }) => length > 1)
    .map((indices) => `duplicate trust anchor (indices [${indices.join(' ')}])`)
}

function anchorFault(label: string, body: string): string | undefined {
  if (label !== 'CERTIFICATE') return `has bad block type: ${label}`
  if (/^[^\n]*:/.test(body)) return 'has PEM block headers'
  try {
    return new X509Certificate(Buffer.from(body, 'base64')).ca ? undefined : 'does not have the CA bit set'
  } catch {
    return 'does not parse as X.509'
  }
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
