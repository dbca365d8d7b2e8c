/** Names of signers, `example.com/signer`, and the PEM that goes to and comes from them. Texts are upstream's. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../api/names.ts'
import { DerError, readAll } from '../../../api/x509/der.ts'
import { invalid, required, tooLong } from '../validation/field.ts'

const domainBytesMax = 253
/** A domain, a slash, and a namespace with a name. */
const nameBytesMax = domainBytesMax + 1 + 63 + 1 + 253

export function validateSignerName(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)]
  const [domain = '', tail = '', ...more] = name.split('/')
  if (more.length > 0 || !name.includes('/')) {
    return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  }
  const errors: FieldError[] = domain.length > domainBytesMax ? [tooLong(path, domainBytesMax)] : []
  const labels = domain.split('.')
  errors.push(...badLabels(path, domain, labels, isDns1123Label))
  if (labels.length < 2) {
    errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'))
  }
  errors.push(...badLabels(path, tail, tail.split('.'), isDns1123Subdomain))
  return name.length > nameBytesMax ? [...errors, tooLong(path, nameBytesMax)] : errors
}

function badLabels(
  path: string,
  value: string,
  labels: readonly string[],
  rule: (label: string) => string[],
): FieldError[] {
  return labels.flatMap((label) =>
    rule(label).map((wrong) => invalid(path, value, `validating label ${JSON.stringify(label)}: ${wrong}`)),
  )
}

/** Label and body of each block. */
export const pemBlock = /-----BEGIN ([^-]+)-----\r?\n([\s\S]*?)-----END \1-----/g

/** What is wrong with text that should be one certificate after the other; undefined when nothing is. */
export function certificatesFault(pem: string): string | undefined {
  const blocks = [...pem.matchAll(pemBlock)]
  for (const [, label = '', body = ''] of blocks) {
    if (label !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(label)}`
    if (/^[^\n]*:/.test(body)) return 'no PEM block headers are permitted'
    if (!isOneDerElement(body)) return 'found CERTIFICATE PEM block that holds no certificate'
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}

/** What is wrong with a PKCS #10 request in PEM. */
export function requestFault(pem: string): string | undefined {
  const [, label = '', body = ''] = /-----BEGIN ([^-]+)-----\r?\n([\s\S]*?)-----END \1-----/.exec(pem) ?? []
  if (label !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST'
  return isOneDerElement(body) ? undefined : 'the PEM block holds no certificate request'
}

const derSequence = 0x30

function isOneDerElement(body: string): boolean {
  try {
    const [first, ...rest] = readAll(Buffer.from(body, 'base64'))
    return first !== undefined && first.tag === derSequence && rest.length === 0
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}
