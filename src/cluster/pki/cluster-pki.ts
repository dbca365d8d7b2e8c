/**
 * The cluster's keys and certificates: made on the first start, kept in `<home>/pki`, and renewed when they come near
 * their end or when the names they must carry have changed. Making all of them takes about 10 ms, so a cluster in a
 * test process makes its own in memory.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { certificateSubject, type Identity, issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Random } from '../../platform/random.ts'
import { type ClusterNames, type LeafName, type LeafProfile, leafProfiles } from './names.ts'

export interface ClusterPki {
  /** Signs every certificate but the front proxy's; the root that pods get as `kube-root-ca.crt`. */
  ca: Identity
  /** Signs the certificate with which the API server speaks to extension API servers. */
  frontProxyCa: Identity
  frontProxyClient: Identity
  leafs: Record<LeafName, Identity>
  serviceAccountKey: ServiceAccountKeyPair
}

/** ES256 key pair for service account tokens. */
export interface ServiceAccountKeyPair {
  privateKeyPem: string
  publicKeyPem: string
}

export interface PkiParts {
  clock: Clock
  random: Random
  /** Where the files are. Absent: everything stays in memory. */
  store?: { disk: Disk; directory: string }
}

const dayMs = 24 * 60 * 60 * 1000
const authorityDays = 3650
const leafDays = 365
/** A leaf is made anew when less than this is left, so that a yearly restart is enough. */
const renewBeforeMs = 90 * dayMs
/** Certificates start a little in the past: clocks of nodes differ. */
const backdateMs = 5 * 60 * 1000

/** Loads what is there, makes what is missing or about to end, and writes what it made. */
export async function ensureClusterPki(names: ClusterNames, parts: PkiParts): Promise<ClusterPki> {
  const made = new Map<string, string>()
  const found = parts.store ? await loadFiles(parts.store) : new Map<string, string>()
  const keeper: Keeper = { found, made, ...parts }
  const ca = keepAuthority(keeper, 'ca', 'kubernetes')
  const frontProxyCa = keepAuthority(keeper, 'front-proxy-ca', 'front-proxy-ca')
  const pki: ClusterPki = {
    ca,
    frontProxyCa,
    frontProxyClient: keepLeaf(keeper, 'front-proxy-client', frontProxyCa, {
      subject: { commonName: 'front-proxy-client', organizations: [] },
      usages: ['clientAuth'],
    }),
    leafs: Object.fromEntries(
      Object.entries(leafProfiles(names)).map(([name, profile]) => [name, keepLeaf(keeper, name, ca, profile)]),
    ) as Record<LeafName, Identity>,
    serviceAccountKey: keepServiceAccountKey(keeper),
  }
  if (parts.store) await saveFiles(parts.store, made)
  return pki
}

/** A certificate for another node or user of the cluster, valid for a year. */
export function issueFor(ca: Identity, profile: LeafProfile, { clock, random }: Pick<PkiParts, 'clock' | 'random'>) {
  return issueCertificate(ca, { ...profile, ...period(clock, leafDays), serial: random.bytes(16) })
}

interface Keeper extends PkiParts {
  found: ReadonlyMap<string, string>
  made: Map<string, string>
}

function keepAuthority(keeper: Keeper, name: string, commonName: string): Identity {
  const present = presentIdentity(keeper, name)
  if (present && new X509Certificate(present.certificatePem).validToDate.getTime() > keeper.clock.nowMs())
    return present
  const subject = { commonName, organizations: [] }
  const serial = keeper.random.bytes(16)
  return remember(keeper, name, issueAuthority({ subject, serial, ...period(keeper.clock, authorityDays) }))
}

function keepLeaf(keeper: Keeper, name: string, authority: Identity, profile: LeafProfile): Identity {
  const present = presentIdentity(keeper, name)
  if (present && stillFits(present, authority, profile, keeper.clock.nowMs())) return present
  return remember(keeper, name, issueFor(authority, profile, keeper))
}

function keepServiceAccountKey(keeper: Keeper): ServiceAccountKeyPair {
  const present = keeper.found.get('sa.key')
  if (present) {
    return {
      privateKeyPem: present,
      publicKeyPem: createPublicKey(present).export({ type: 'spki', format: 'pem' }).toString(),
    }
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  keeper.made.set('sa.key', privateKey).set('sa.pub', publicKey)
  return { privateKeyPem: privateKey, publicKeyPem: publicKey }
}

/** Whether a certificate on disk can go on being used: signed by this authority, long enough valid, with all names. */
function stillFits(identity: Identity, authority: Identity, profile: LeafProfile, nowMs: number): boolean {
  const certificate = new X509Certificate(identity.certificatePem)
  if (!certificate.verify(new X509Certificate(authority.certificatePem).publicKey)) return false
  if (certificate.validToDate.getTime() - nowMs < renewBeforeMs) return false
  const subject = certificateSubject(certificate.raw)
  const sameGroups = [...subject.organizations].sort().join() === [...profile.subject.organizations].sort().join()
  if (subject.commonName !== profile.subject.commonName || !sameGroups) return false
  const hasNames = (profile.dnsNames ?? []).every(
    (name) => certificate.checkHost(name, { subject: 'never' }) !== undefined,
  )
  return hasNames && (profile.ipAddresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
}

/** A key and certificate that do not match are what a crash between two writes leaves: made anew. */
function presentIdentity(keeper: Keeper, name: string): Identity | undefined {
  const certificatePem = keeper.found.get(`${name}.crt`)
  const keyPem = keeper.found.get(`${name}.key`)
  if (!certificatePem || !keyPem) return undefined
  const belongTogether = new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))
  return belongTogether ? { certificatePem, keyPem } : undefined
}

function remember(keeper: Keeper, name: string, identity: Identity): Identity {
  keeper.made.set(`${name}.key`, identity.keyPem).set(`${name}.crt`, identity.certificatePem)
  return identity
}

function period(clock: Clock, days: number): { notBeforeMs: number; notAfterMs: number } {
  const nowMs = clock.nowMs()
  return { notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs + days * dayMs }
}

async function loadFiles({ disk, directory }: { disk: Disk; directory: string }): Promise<Map<string, string>> {
  const names = (await disk.list(directory)).filter((name) => /\.(crt|key)$/.test(name))
  const texts = await Promise.all(names.map((name) => disk.readText(`${directory}/${name}`)))
  return new Map(names.map((name, index) => [name, texts[index] ?? '']))
}

async function saveFiles({ disk, directory }: { disk: Disk; directory: string }, files: ReadonlyMap<string, string>) {
  if (files.size === 0) return
  await disk.makeDirectory(directory, 0o700)
  await Promise.all(
    [...files].map(([name, text]) => {
      const mode = name.endsWith('.key') ? 0o600 : 0o644
      return disk.write(`${directory}/${name}`, text, { mode })
    }),
  )
}
