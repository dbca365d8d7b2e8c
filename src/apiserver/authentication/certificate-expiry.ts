/** How long the certificates that clients come with are still good for, so that people are warned before they end. */
import type { Clock } from '../../platform/clock.ts'
import { whenKnown } from '../../platform/turn.ts'
import type { Authenticator } from '../authenticate.ts'
import { type Family, Histogram } from '../metrics/families.ts'
import { validityOf } from './certificate.ts'

const [hour, day] = [3600, 86_400]
/** Bounds in seconds. Source: apiserver's `authentication/request/x509`. */
const buckets = [
  ...[0, hour / 2, hour, 2 * hour, 6 * hour, 12 * hour],
  ...[day, 2 * day, 4 * day, 7 * day, 30 * day, 90 * day, 180 * day, 360 * day],
]

export class CertificateExpiry {
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #left = new Histogram(
    'apiserver_client_certificate_expiration_seconds',
    'How long certificates of clients are still good for, at each use.',
    [],
    buckets,
  )
  readonly #uses = this.#left.series([])

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock
  }

  get families(): readonly Family[] {
    return [this.#left]
  }

  /** The same authenticator, watched. */
  watched(certificates: Authenticator): Authenticator {
    return {
      authenticate: (request) =>
        whenKnown(certificates.authenticate(request), (user) => {
          const { peerCertificate } = request
          if (user && peerCertificate)
            this.#uses.observe((validityOf(peerCertificate).toMs - this.#clock.nowMs()) / 1000)
          return user
        }),
    }
  }
}
