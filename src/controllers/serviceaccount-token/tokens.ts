/**
 * Puts tokens into the Secrets that ask for one, and takes Secrets away with their account.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */
import { accountAnnotations, isTokenOf, legacyTokenClaims, legacyTokenType } from '../../api/legacy-tokens.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Secret, ServiceAccount } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { Change } from '../../client/informer.ts'
import { ifThere, unless } from '../../client/writes.ts'

export interface SecretTokenOptions {
  /** Makes a token of its claims. */
  sign(claims: Readonly<Record<string, string>>): string
}

const byAccount = 'service-account'
const fieldSelector = `type=${legacyTokenType}`

export function serviceAccountTokenController(
  parts: ControllerParts,
  options: SecretTokenOptions & { rootCaPem: string },
): Controller {
  const secrets = parts.informers.of(coreV1.secrets, { fieldSelector })
  const accounts = parts.informers.of(coreV1.serviceAccounts)
  secrets.addIndex(byAccount, (secret) => [accountKey(secret)])
  const reconciler = new SecretTokens(parts, options)
  return {
    name: 'serviceaccount-token-controller',
    sources: [
      source(secrets, (change) => [keyOf(change.object), ...goneReference(change)]),
      source(accounts, ({ type, object }) =>
        type === 'updated' ? [] : secrets.byIndex(byAccount, keyOf(object)).map(keyOf),
      ),
    ],
    reconcile: (key) => (key.startsWith('gone:') ? reconciler.dropReference(key) : reconciler.reconcile(key)),
  }
}

class SecretTokens {
  readonly #client
  readonly #secrets
  readonly #accounts
  readonly #sign: SecretTokenOptions['sign']
  /** As Secrets hold it; empty where there is none. */
  readonly #authority: string

  constructor({ client, informers }: ControllerParts, { sign, rootCaPem }: SecretTokenOptions & { rootCaPem: string }) {
    this.#client = client
    this.#secrets = informers.of(coreV1.secrets, { fieldSelector })
    this.#accounts = informers.of(coreV1.serviceAccounts)
    this.#sign = sign
    this.#authority = encode(rootCaPem)
  }

  async reconcile(key: string): Promise<Outcome> {
    const secret = this.#secrets.get(key)
    if (!secret || secret.metadata.deletionTimestamp) return done
    const { name = '', namespace, uid } = secret.metadata
    const api = this.#client.of(coreV1.secrets, namespace)
    const account = await this.#accountOf(secret)
    if (!account) {
      await unless(['NotFound', 'Conflict'], api.delete(name, uid ? { preconditions: { uid } } : {}))
      return done
    }
    if (this.#isComplete(secret)) return done
    const annotations = {
      ...secret.metadata.annotations,
      [accountAnnotations.name]: account.metadata.name ?? '',
      [accountAnnotations.uid]: account.metadata.uid ?? '',
    }
    const metadata = { ...secret.metadata, annotations }
    await unless(['NotFound', 'Conflict'], api.update({ ...secret, metadata, data: this.#wanted(secret, account) }))
    return done
  }

  /** An account no longer lists a Secret that is gone. */
  async dropReference(key: string): Promise<Outcome> {
    const [, namespace = '', accountName = '', secretName = ''] = key.split(/[:/]/)
    const lists = ({ secrets = [] }: ServiceAccount) => secrets.some(({ name }) => name === secretName)
    const cached = this.#accounts.get(`${namespace}/${accountName}`)
    if (!cached || !lists(cached)) return done
    const api = this.#client.of(coreV1.serviceAccounts, namespace)
    const account = await ifThere(api.get(accountName))
    if (!account || this.#secrets.get(`${namespace}/${secretName}`)) return done
    const secrets = (account.secrets ?? []).filter(({ name }) => name !== secretName)
    await ifThere(api.update({ ...account, secrets }))
    return done
  }

  /** Before a Secret is taken away, the server itself must say that its account is gone. */
  async #accountOf(secret: Secret): Promise<ServiceAccount | undefined> {
    const cached = this.#accounts.get(accountKey(secret))
    if (cached && isTokenOf(secret, cached)) return cached
    const name = secret.metadata.annotations?.[accountAnnotations.name]
    if (!name) return undefined
    const account = await ifThere(this.#client.of(coreV1.serviceAccounts, secret.metadata.namespace).get(name))
    return account && isTokenOf(secret, account) ? account : undefined
  }

  #isComplete({ data = {} }: Secret): boolean {
    const authority = this.#authority === '' || data['ca.crt'] === this.#authority
    return authority && Boolean(data.namespace) && Boolean(data.token)
  }

  #wanted(secret: Secret, account: ServiceAccount): Record<string, string> {
    return {
      ...secret.data,
      ...(this.#authority === '' ? {} : { 'ca.crt': this.#authority }),
      namespace: secret.data?.namespace || encode(secret.metadata.namespace ?? ''),
      token: secret.data?.token || encode(this.#sign(legacyTokenClaims(account, secret))),
    }
  }
}

function accountKey({ metadata }: Secret): string {
  return `${metadata.namespace}/${metadata.annotations?.[accountAnnotations.name] ?? ''}`
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}

function goneReference({ type, object: { metadata } }: Change<Secret>): string[] {
  const account = metadata.annotations?.[accountAnnotations.name]
  return type === 'deleted' && account ? [`gone:${metadata.namespace}/${account}/${metadata.name}`] : []
}
