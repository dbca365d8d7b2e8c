/**
 * Makes X.509 v3 certificates (RFC 5280) with ECDSA P-256 keys, and reads from them what authentication needs. One
 * certificate takes under a millisecond, so nothing here is cached or lazy.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  children,
  context,
  contextPrimitive,
  element,
  integer,
  octetString,
  oid,
  readAll,
  sequence,
  tags,
  time,
} from './der.ts'
import { alternativeNames, readSubject, type Subject, subjectDer } from './names.ts'

/** A certificate with the key that belongs to it, both PEM. The same shape as the platform's `TlsIdentity`. */
export interface Identity {
  certificatePem: string
  keyPem: string
}

export type ExtendedUsage =
  | 'serverAuth'
  | 'clientAuth'
  | 'codeSigning'
  | 'emailProtection'
  | 'timeStamping'
  | 'ocspSigning'

export interface CertificateSpec {
  subject: Subject
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
  usages: readonly ExtendedUsage[]
  /** The first bits of a KeyUsage, digitalSignature the highest. Default: digitalSignature and keyEncipherment. */
  keyUsage?: number
  notBeforeMs: number
  notAfterMs: number
  /** 16 random bytes; the top bit is cleared so that the number stays positive. */
  serial: Uint8Array
}

const usageOids: Record<ExtendedUsage, string> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
}
const rsaWithSha256 = sequence(oid('1.2.840.113549.1.1.11'), element(tags.null))
const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'))
/** digitalSignature, keyEncipherment and keyCertSign as the first bits of a KeyUsage. */
const leafKeyUsage = bitString(Uint8Array.of(0xa0), 5)
const authorityKeyUsage = bitString(Uint8Array.of(0xa4), 2)

/** A self-signed certificate authority with a new key. */
export function issueAuthority(spec: Omit<CertificateSpec, 'usages'>): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const extensions = [
    extension('2.5.29.15', true, authorityKeyUsage),
    extension('2.5.29.19', true, sequence(boolean(true))),
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKey))),
    ...alternativeNamesOf({ ...spec, dnsNames: spec.dnsNames ?? [spec.subject.commonName] }),
  ]
  const issuer = { name: subjectDer(spec.subject), key: privateKey }
  return { certificatePem: signed(spec, publicKey, issuer, extensions), keyPem: privateKeyPem(privateKey) }
}

/** A leaf with a new key, signed by the authority. */
export function issueCertificate(authority: Identity, spec: CertificateSpec): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { certificatePem: signPublicKey(authority, publicKey, spec), keyPem: privateKeyPem(privateKey) }
}

/** A leaf for a key that somebody else holds, such as the one of a certificate request. */
export function signPublicKey(authority: Identity, publicKey: KeyObject, spec: CertificateSpec): string {
  const issuerKey = createPrivateKey(authority.keyPem)
  const issuer = { name: certificateParts(authority.certificatePem).subject, key: issuerKey }
  const extensions = [
    extension('2.5.29.15', true, spec.keyUsage === undefined ? leafKeyUsage : keyUsageBits(spec.keyUsage)),
    ...extendedUsages(spec.usages),
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.35', false, sequence(contextPrimitive(0, keyIdentifier(createPublicKey(issuerKey))))),
    ...alternativeNamesOf(spec),
  ]
  return signed(spec, publicKey, issuer, extensions)
}

function keyUsageBits(bits: number): Uint8Array {
  let unused = 0
  while (unused < 7 && (bits & (1 << unused)) === 0) unused++
  return bitString(Uint8Array.of(bits), unused)
}

function extendedUsages(usages: readonly ExtendedUsage[]): Uint8Array[] {
  if (usages.length === 0) return []
  return [extension('2.5.29.37', false, sequence(...usages.map((usage) => oid(usageOids[usage]))))]
}

/** User name and groups of a certificate, DER or PEM. Throws `DerError` when it is no certificate. */
export function certificateSubject(certificate: Uint8Array | string): Subject {
  return readSubject(readAll(certificateParts(certificate).subject)[0]?.content ?? new Uint8Array())
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** The bytes of the first PEM block. */
export function derOf(pemText: string): Uint8Array {
  const body = /-----BEGIN [^-]+-----([\s\S]*?)-----END/.exec(pemText)?.[1] ?? ''
  return Buffer.from(body, 'base64')
}

function certificateParts(certificate: Uint8Array | string): { subject: Uint8Array } {
  const der = typeof certificate === 'string' ? derOf(certificate) : certificate
  const fields = children(children(der)[0]?.bytes ?? new Uint8Array())
  const explicitVersion = fields[0]?.tag === 0xa0 ? 1 : 0
  return { subject: fields[explicitVersion + 4]?.bytes ?? new Uint8Array() }
}

function signed(
  spec: Omit<CertificateSpec, 'usages'>,
  publicKey: KeyObject,
  issuer: { name: Uint8Array; key: KeyObject },
  extensions: readonly Uint8Array[],
): string {
  const serial = Uint8Array.from(spec.serial)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const algorithm = issuer.key.asymmetricKeyType === 'rsa' ? rsaWithSha256 : ecdsaWithSha256
  const body = sequence(
    context(0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    issuer.name,
    sequence(time(spec.notBeforeMs), time(spec.notAfterMs)),
    subjectDer(spec.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions)),
  )
  return pem('CERTIFICATE', sequence(body, algorithm, bitString(sign('sha256', body, issuer.key))))
}

function alternativeNamesOf({ dnsNames = [], ipAddresses = [] }: Pick<CertificateSpec, 'dnsNames' | 'ipAddresses'>) {
  if (dnsNames.length + ipAddresses.length === 0) return []
  return [extension('2.5.29.17', false, alternativeNames(dnsNames, ipAddresses))]
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return critical ? sequence(oid(id), boolean(true), octetString(value)) : sequence(oid(id), octetString(value))
}

/** RFC 5280 4.2.1.2, method 1: SHA-1 of the public key's bits. */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const bits = children(publicKey.export({ type: 'spki', format: 'der' }))[1]?.content.subarray(1) ?? new Uint8Array()
  return createHash('sha1').update(bits).digest()
}

function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
