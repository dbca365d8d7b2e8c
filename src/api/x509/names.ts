/** Distinguished names and subject alternative names, in the forms Kubernetes uses (RFC 5280 4.1.2.4 and 4.2.1.6). */
import { contextPrimitive, type DerElement, element, oid, oidText, readAll, sequence, tags, text } from './der.ts'

const commonNameOid = '2.5.4.3'
const organizationOid = '2.5.4.10'
/** Kubernetes' own. */
const uidOid = '1.3.6.1.4.1.57683.2'

/** `CN` is the user and each `O` a group, where a certificate authenticates a client. */
export interface Subject {
  commonName: string
  organizations: readonly string[]
  /** Kubernetes' attribute for the user's unique name; undefined stands for a value that is no text. Default: none. */
  uids?: readonly (string | undefined)[]
}

/** All organizations stand in one set, as Go's crypto/x509 writes them. */
export function subjectDer({ commonName, organizations, uids = [] }: Subject): Uint8Array {
  const parts: Uint8Array[] = []
  if (organizations.length > 0) {
    const values = organizations.map((name) => sequence(oid(organizationOid), text(name)))
    parts.push(element(tags.set, ...values.sort(Buffer.compare)))
  }
  if (commonName !== '') parts.push(element(tags.set, sequence(oid(commonNameOid), text(commonName))))
  for (const uid of uids) parts.push(element(tags.set, sequence(oid(uidOid), text(uid ?? ''))))
  return sequence(...parts)
}

/** Reads the content of a Name; attributes other than these are passed over. */
export function readSubject(nameContent: Uint8Array): Subject {
  const subject = { commonName: '', organizations: [] as string[] }
  const uids: (string | undefined)[] = []
  for (const relative of readAll(nameContent)) {
    for (const attribute of readAll(relative.content)) {
      const [type, value] = readAll(attribute.content)
      if (!type || !value) continue
      const key = oidText(type.content)
      if (key === commonNameOid) subject.commonName = stringOf(value)
      if (key === organizationOid) subject.organizations.push(stringOf(value))
      if (key === uidOid) uids.push(textTags.has(value.tag) ? stringOf(value) : undefined)
    }
  }
  return uids.length === 0 ? subject : { ...subject, uids }
}

/** The SubjectAltName value: DNS names and IP addresses. */
export function alternativeNames(dnsNames: readonly string[], ipAddresses: readonly string[]): Uint8Array {
  return sequence(
    ...dnsNames.map((name) => contextPrimitive(2, Buffer.from(name, 'ascii'))),
    ...ipAddresses.map((address) => contextPrimitive(7, addressBytes(address))),
  )
}

/** Network byte order: 4 bytes for IPv4, 16 for IPv6. Throws on anything else. */
export function addressBytes(address: string): Uint8Array {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return Uint8Array.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = 8 - left.length - right.length
  const groups = tail === undefined ? left : [...left, ...new Array<string>(Math.max(missing, 0)).fill('0'), ...right]
  const values = groups.map((group) => Number.parseInt(group, 16))
  if (values.length !== 8 || values.some((value) => !(value >= 0 && value <= 0xffff))) {
    throw new Error(`read an IP address for a certificate: want IPv4 or IPv6, got ${JSON.stringify(address)}`)
  }
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}

/** UTF8String, NumericString, PrintableString, T61String, IA5String, BMPString. */
const textTags: ReadonlySet<number> = new Set([0x0c, 0x12, 0x13, 0x14, 0x16, 0x1e])

function stringOf(value: DerElement): string {
  const bytes = Buffer.from(value.content)
  return value.tag === 0x1e ? bytes.swap16().toString('utf16le') : bytes.toString('utf8')
}
