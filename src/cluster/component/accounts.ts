/**
 * `--use-service-account-credentials`: each controller acts by a token of its own service account, which is made where it
 * is missing. Caches and leader election stay the kubeconfig's. Source: kube-controller-manager's dynamic client builder.
 */
import { coreV1 } from '../../api/resources.ts'
import type { TokenRequest } from '../../api/types/authentication/v1.ts'
import { serviceAccountOf } from '../../apiserver/authentication/user.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import type { Client } from '../../client/client.ts'
import { httpTransport } from '../../client/http-transport.ts'
import type { ClusterAccess } from '../../client/kubeconfig.ts'
import type { Transport } from '../../client/transport.ts'
import { ifNew, ifThere } from '../../client/writes.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'

/** Source: kube-controller-manager. */
const lifeSeconds = 3_600
/** Of a token's life; the rest is for servers whose clocks differ. */
const usedShare = 0.9
/** Upstream has no role for it, so that it keeps the kubeconfig's rights. */
const withoutAccount = 'local-path-provisioner'

export interface AccountParts {
  net: Net
  clock: Clock
  access: ClusterAccess
  /** The kubeconfig's, and how requests by it are counted. */
  client: Client
  transport: Transport
  counted(transport: Transport): Transport
}

export class AccountTransports {
  readonly #parts: AccountParts
  readonly #tokens = new Map<string, { token: Promise<string>; renewAtMs: number }>()
  readonly #transports = new Map<string, Transport>()

  constructor(parts: AccountParts) {
    this.#parts = parts
  }

  transportFor({ name }: UserInfo): Transport {
    const account = serviceAccountOf(name)?.name
    if (account === undefined || account === withoutAccount) return this.#parts.transport
    const known = this.#transports.get(account)
    if (known) return known
    const made = this.#transportOf(account)
    this.#transports.set(account, made)
    return made
  }

  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()))
  }

  #transportOf(account: string): Transport {
    const { net, access, counted } = this.#parts
    // A client certificate would be asked before the token.
    const { identity: _, ...tls } = access.tls
    const own = httpTransport({ net, server: access.server, tls, token: () => this.#tokenOf(account) })
    return counted({
      send: async (request) => {
        const reply = await own.send(request)
        // The account was made anew, or the key was changed: the next request asks for another token.
        if (reply.status === 401) this.#tokens.delete(account)
        return reply
      },
      upgrade: (request) => own.upgrade(request),
      close: () => own.close(),
    })
  }

  #tokenOf(account: string): Promise<string> {
    const nowMs = this.#parts.clock.monotonicMs()
    const known = this.#tokens.get(account)
    if (known && known.renewAtMs > nowMs) return known.token
    const token = this.#request(account)
    const entry = { token, renewAtMs: nowMs + lifeSeconds * 1000 * usedShare }
    this.#tokens.set(account, entry)
    token.catch(() => {
      if (this.#tokens.get(account) === entry) this.#tokens.delete(account)
    })
    return token
  }

  async #request(account: string): Promise<string> {
    const accounts = this.#parts.client.of(coreV1.serviceAccounts, 'kube-system')
    const ask = () =>
      accounts.createSub<TokenRequest>(account, 'token', {
        metadata: {},
        spec: { audiences: [], expirationSeconds: lifeSeconds },
      })
    const first = await ifThere(ask())
    if (!first) await ifNew(accounts.create({ metadata: { name: account } }))
    const { status } = first ?? (await ask())
    if (!status?.token) throw new Error(`the server gave no token for service account kube-system/${account}`)
    return status.token
  }
}
