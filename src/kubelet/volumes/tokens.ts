/**
 * Service account tokens bound to pods, asked for through the TokenRequest API and renewed once four fifths of their
 * life, or a day, have passed. Source: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
 */
import { coreV1 } from '../../api/resources.ts'
import type { TokenRequest } from '../../api/types/authentication/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../platform/clock.ts'
import { nameOf, namespaceOf, uidOf } from '../pod/names.ts'
import type { TokenSource } from './content.ts'

const renewAfterLifeShare = 0.8
const renewAfterMsMax = 24 * 3600_000

interface Held {
  token: string
  renewAtMs: number
}

export class Tokens implements TokenSource {
  readonly #client: Client
  readonly #clock: Clock
  readonly #held = new Map<string, Held>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async token(pod: Pod, request: { audience: string; expirationSeconds: number }): Promise<string> {
    const key = `${uidOf(pod)}/${request.audience}/${request.expirationSeconds}`
    const held = this.#held.get(key)
    const now = this.#clock.nowMs()
    if (held && now < held.renewAtMs) return held.token
    try {
      const fresh = await this.#request(pod, request, now)
      this.#held.set(key, fresh)
      return fresh.token
    } catch (error) {
      if (held) return held.token
      throw error
    }
  }

  forget(uid: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(`${uid}/`)) this.#held.delete(key)
  }

  async #request(
    pod: Pod,
    { audience, expirationSeconds }: { audience: string; expirationSeconds: number },
    nowMs: number,
  ): Promise<Held> {
    const account = pod.spec?.serviceAccountName || 'default'
    const body: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: nameOf(pod), uid: uidOf(pod) },
      },
    }
    const accounts = this.#client.of(coreV1.serviceAccounts, namespaceOf(pod))
    const { status } = await accounts.createSub<TokenRequest>(account, 'token', body)
    if (!status?.token) throw new Error(`request token of service account ${account}: the answer has no token`)
    const lifeMs = Date.parse(status.expirationTimestamp ?? '') - nowMs || expirationSeconds * 1000
    return { token: status.token, renewAtMs: nowMs + Math.min(lifeMs * renewAfterLifeShare, renewAfterMsMax) }
  }
}
