/** Certificate requests (PKCS #10, RFC 2986): who asks for what, and whether they hold the key. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { derOf } from './certificate.ts'
import { children, type DerElement, DerError, oidText, readAll } from './der.ts'
import { readSubject, type Subject } from './names.ts'

export interface CertificateRequest {
  subject: Subject
  publicKey: KeyObject
  dnsNames: string[]
  ipAddresses: string[]
  emailAddresses: string[]
  uris: string[]
}

const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
}

/** PEM. Throws `DerError` when it is no request, or is not signed by the key in it. */
export function readCertificateRequest(pemText: string): CertificateRequest {
  if (!pemText.includes('-----BEGIN CERTIFICATE REQUEST-----')) {
    throw new DerError('PEM block type must be CERTIFICATE REQUEST')
  }
  const { subject, more, publicKey, isSigned } = readParts(derOf(pemText))
  if (!isSigned) throw new DerError('the request is not signed by its key')
  return { subject: readSubject(subject.content), publicKey, ...alternativeNamesOf(more) }
}

/** The key in a request, and whether it signed it. Undefined: the bytes are no request. */
export function readSignedKey(der: Uint8Array): { publicKey: KeyObject; isSigned: boolean } | undefined {
  try {
    const { publicKey, isSigned } = readParts(der)
    return { publicKey, isSigned }
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function readParts(der: Uint8Array) {
  const [info, algorithm, signature] = children(der)
  if (!info || !algorithm || !signature) throw new DerError('the request is cut off')
  const [, subject, key, ...more] = readAll(info.content)
  if (!subject || !key) throw new DerError('the request names no subject or key')
  const publicKey = keyOf(key)
  const digest = digests[oidText(readAll(algorithm.content)[0]?.content ?? new Uint8Array())]
  if (digest === undefined) throw new DerError('the signature is of an unknown kind')
  return { subject, more, publicKey, isSigned: verify(digest, info.bytes, publicKey, signature.content.subarray(1)) }
}

function keyOf(key: DerElement): KeyObject {
  try {
    return publicKeyOf(key.bytes)
  } catch {
    throw new DerError('the public key cannot be read')
  }
}

/** A subject's public key info. Undefined: the bytes are none. */
export function readPublicKey(der: Uint8Array): KeyObject | undefined {
  try {
    return publicKeyOf(der)
  } catch {
    return undefined
  }
}

function publicKeyOf(der: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
}

const extensionRequestOid = '1.2.840.113549.1.9.14'
const alternativeNamesOid = '2.5.29.17'

function alternativeNamesOf(attributes: readonly DerElement[]) {
  const names = {
    dnsNames: [] as string[],
    emailAddresses: [] as string[],
    uris: [] as string[],
    ipAddresses: [] as string[],
  }
  for (const name of attributes.filter(({ tag }) => tag === 0xa0).flatMap(({ content }) => generalNames(content))) {
    const text = Buffer.from(name.content).toString('latin1')
    if (name.tag === 0x81) names.emailAddresses.push(text)
    if (name.tag === 0x82) names.dnsNames.push(text)
    if (name.tag === 0x86) names.uris.push(text)
    if (name.tag === 0x87) names.ipAddresses.push(addressText(name.content))
  }
  return names
}

function generalNames(attributes: Uint8Array): DerElement[] {
  return readAll(attributes).flatMap(({ content }) => {
    const [type, values] = readAll(content)
    if (!type || !values || oidText(type.content) !== extensionRequestOid) return []
    const extensions = readAll(values.content).flatMap((list) => readAll(list.content))
    return extensions.flatMap((extension) => {
      const parts = readAll(extension.content)
      const value = parts.at(-1)
      if (!parts[0] || !value || oidText(parts[0].content) !== alternativeNamesOid) return []
      return children(value.content)
    })
  })
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) throw new DerError('an address has to have 4 or 16 bytes')
  return Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  ).join(':')
}
