/**
 * Client certificates: the common name is the user, organizations are its groups, and an attribute of Kubernetes' own is
 * its uid. TLS has verified the chain against
 * everything the server trusts; which authority signed decides whether it names a user or the front proxy.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { unauthorized } from '../../api/errors.ts'
import { certificateSubject } from '../../api/x509/certificate.ts'
import type { Subject } from '../../api/x509/names.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Authenticator } from '../authenticate.ts'
import type { ApiRequest, PeerCertificate, UserInfo } from '../request.ts'
import { credentialIdKey } from './user.ts'

/** One authority; remembers its verdict on each connection's certificate. */
export class ClientAuthority {
  readonly #certificates: readonly X509Certificate[]
  readonly #verdicts = new WeakMap<PeerCertificate, Subject | 'foreign'>()

  /** A bundle of one or more PEM certificates. */
  constructor(bundlePem: string) {
    const blocks = bundlePem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
    this.#certificates = blocks.map((block) => new X509Certificate(block))
  }

  /** The subject when TLS verified the certificate and one of these authorities signed it. */
  subjectOf(peer: PeerCertificate): Subject | undefined {
    let verdict = this.#verdicts.get(peer)
    if (verdict === undefined) {
      verdict = this.#judge(peer)
      this.#verdicts.set(peer, verdict)
    }
    return verdict === 'foreign' ? undefined : verdict
  }

  #judge(peer: PeerCertificate): Subject | 'foreign' {
    if (!peer.verified) return 'foreign'
    const certificate = new X509Certificate(peer.der)
    const signer = this.#certificates.find((own) => certificate.checkIssued(own) && certificate.verify(own.publicKey))
    return signer ? certificateSubject(peer.der) : 'foreign'
  }
}

export class CertificateAuthenticator implements Authenticator {
  readonly #authority: ClientAuthority
  readonly #users = new WeakMap<PeerCertificate, UserInfo>()
  /** Where time is held by a test, TLS can't judge validity. */
  readonly #clock: Pick<Clock, 'nowMs'> | undefined

  constructor(authority: ClientAuthority, clock?: Pick<Clock, 'nowMs'>) {
    this.#authority = authority
    this.#clock = clock
  }

  authenticate({ peerCertificate }: ApiRequest): UserInfo | undefined {
    if (!peerCertificate) return undefined
    if (this.#clock && !isValidAt(peerCertificate, this.#clock.nowMs())) throw unauthorized()
    const known = this.#users.get(peerCertificate)
    if (known) return known
    const subject = this.#authority.subjectOf(peerCertificate)
    if (!subject) throw unauthorized()
    if (subject.commonName === '') return undefined
    const user = userOf(subject, peerCertificate)
    this.#users.set(peerCertificate, user)
    return user
  }
}

const validities = new WeakMap<PeerCertificate, { fromMs: number; toMs: number }>()

function isValidAt(peer: PeerCertificate, nowMs: number): boolean {
  const { fromMs, toMs } = validityOf(peer)
  return fromMs <= nowMs && nowMs <= toMs
}

/** Read once per connection. */
export function validityOf(peer: PeerCertificate): { fromMs: number; toMs: number } {
  let validity = validities.get(peer)
  if (!validity) {
    const { validFromDate, validToDate } = new X509Certificate(peer.der)
    validity = { fromMs: validFromDate.getTime(), toMs: validToDate.getTime() }
    validities.set(peer, validity)
  }
  return validity
}

function userOf({ commonName, organizations, uids = [] }: Subject, { der }: PeerCertificate): UserInfo {
  const fingerprint = createHash('sha256').update(der).digest('hex')
  const extra = { [credentialIdKey]: [`X509SHA256=${fingerprint}`] }
  const [uid] = uids
  if (uids.length > 0 && (uids.length > 1 || !uid)) throw unauthorized()
  return { name: commonName, ...(uid ? { uid } : {}), groups: organizations, extra }
}
