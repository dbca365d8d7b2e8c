/**
 * Certificates for single names under which clients reach the server (`--tls-sni-cert-key`).
 * Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isDns1123Subdomain, isWildcardDns1123Subdomain } from '../../api/names.ts'
import { certificateSubject } from '../../api/x509/certificate.ts'
import { messageOf } from '../../platform/log.ts'
import type { NamedIdentity } from '../../platform/net.ts'
import { FlagError, type Flags } from './flags.ts'

const flag = 'tls-sni-cert-key'

/**
 * The most binding first: names that the flags give before those that certificates have, earlier flags before later ones.
 * Rejects with `FlagError`.
 */
export async function namedIdentitiesOf(
  flags: Flags,
  read: (flag: string, path: string) => Promise<string>,
): Promise<NamedIdentity[]> {
  const given = await Promise.all(flags.texts(flag).map((value) => namedIdentity(value, read)))
  return [...given.filter(({ explicit }) => explicit), ...given.filter(({ explicit }) => !explicit)].map(
    ({ explicit: _, ...named }) => named,
  )
}

async function namedIdentity(
  value: string,
  read: (flag: string, path: string) => Promise<string>,
): Promise<NamedIdentity & { explicit: boolean }> {
  const [, certificate = '', key = '', names] = /^([^,:]+),([^,:]+)(?::(.+))?$/.exec(value.trim()) ?? []
  if (certificate === '') throw new FlagError(`--${flag}=${value}: want certificate,key or certificate,key:name,name`)
  const identity = { certificatePem: await read(flag, certificate.trim()), keyPem: await read(flag, key.trim()) }
  const found = namesOf(certificate, identity)
  const explicit = names?.split(',').map((name) => name.trim())
  for (const name of explicit ?? []) if (!isName(name)) throw new FlagError(`--${flag}: ${name} is no name of a server`)
  return { identity, names: explicit ?? found, explicit: explicit !== undefined }
}

/** Addresses are left out: clients don't say by which they came. */
function namesOf(path: string, { certificatePem, keyPem }: NamedIdentity['identity']): string[] {
  try {
    const certificate = new X509Certificate(certificatePem)
    if (!certificate.checkPrivateKey(createPrivateKey(keyPem)))
      throw new Error('the key is that of another certificate')
    const listed = (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('DNS:'))
    const { commonName } = certificateSubject(certificate.raw)
    return [commonName, ...listed.map((name) => name.slice(4))].filter(isName)
  } catch (error) {
    throw new FlagError(`--${flag}: ${path}: ${messageOf(error)}`)
  }
}

function isName(name: string): boolean {
  if (/^[\d.]+$/.test(name)) return false
  return (name.startsWith('*') ? isWildcardDns1123Subdomain(name) : isDns1123Subdomain(name)).length === 0
}
