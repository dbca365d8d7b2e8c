/**
 * Puts tokens into the Secrets that ask for one, and takes Secrets away with their account.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */
import { accountAnnotations, isTokenOf, legacyTokenClaims, legacyTokenType } from '../../api/legacy-tokens.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Secret, ServiceAccount } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import type { Change } from '../../client/informer.ts'
import { ifThere, unless } from '../../client/writes.ts'

export interface SecretTokenOptions {
  /** Makes a token of its claims. */
  sign(claims: Readonly<Record<string, string>>): string
}

const byAccount = 'service-account'
const fieldSelector = `type=${legacyTokenType}`

export function serviceAccountTokenController(
  { client, informers }: ControllerParts,
  { sign, rootCaPem }: SecretTokenOptions & { rootCaPem: string },
): Controller {
  const secrets = informers.of(coreV1.secrets, { fieldSelector })
  const accounts = informers.of(coreV1.serviceAccounts)
  const accountKey = ({ metadata }: Secret) =>
    `${metadata.namespace}/${metadata.annotations?.[accountAnnotations.name] ?? ''}`
  secrets.addIndex(byAccount, (secret) => [accountKey(secret)])
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const wanted = (secret: Secret, account: ServiceAccount): Record<string, string> => ({
    ...secret.data,
    ...(rootCaPem ? { 'ca.crt': encode(rootCaPem) } : {}),
    namespace: secret.data?.namespace || encode(secret.metadata.namespace ?? ''),
    token: secret.data?.token || encode(sign(legacyTokenClaims(account, secret))),
  })
  return {
    name: 'serviceaccount-token-controller',
    sources: [
      source(secrets, (change) => [keyOf(change.object), ...goneReference(change)]),
      source(accounts, ({ type, object }) =>
        type === 'updated' ? [] : secrets.byIndex(byAccount, keyOf(object)).map(keyOf),
      ),
    ],
    async reconcile(key) {
      if (key.startsWith('gone:')) return await dropReference(key)
      const secret = secrets.get(key)
      if (!secret || secret.metadata.deletionTimestamp) return done
      const { name = '', namespace, uid } = secret.metadata
      const cached = accounts.get(accountKey(secret))
      const api = client.of(coreV1.secrets, namespace)
      // Before a Secret is taken away, the server itself must say that its account is gone.
      const account = cached && isTokenOf(secret, cached) ? cached : await currentAccount(secret)
      if (!account) {
        await unless(['NotFound', 'Conflict'], api.delete(name, uid ? { preconditions: { uid } } : {}))
        return done
      }
      if (isComplete(secret)) return done
      const annotations = {
        ...secret.metadata.annotations,
        [accountAnnotations.name]: account.metadata.name ?? '',
        [accountAnnotations.uid]: account.metadata.uid ?? '',
      }
      const metadata = { ...secret.metadata, annotations }
      await unless(['NotFound', 'Conflict'], api.update({ ...secret, metadata, data: wanted(secret, account) }))
      return done
    },
  }

  function isComplete({ data = {} }: Secret): boolean {
    const authority = !rootCaPem || data['ca.crt'] === encode(rootCaPem)
    return authority && Boolean(data.namespace) && Boolean(data.token)
  }

  async function currentAccount(secret: Secret): Promise<ServiceAccount | undefined> {
    const name = secret.metadata.annotations?.[accountAnnotations.name]
    if (!name) return undefined
    const account = await ifThere(client.of(coreV1.serviceAccounts, secret.metadata.namespace).get(name))
    return account && isTokenOf(secret, account) ? account : undefined
  }

  /** An account no longer lists a Secret that is gone. */
  async function dropReference(key: string) {
    const [, namespace = '', accountName = '', secretName = ''] = key.split(/[:/]/)
    if (!accounts.get(`${namespace}/${accountName}`)?.secrets?.some(({ name }) => name === secretName)) return done
    const api = client.of(coreV1.serviceAccounts, namespace)
    const account = await ifThere(api.get(accountName))
    if (!account || secrets.get(`${namespace}/${secretName}`)) return done
    await ifThere(
      api.update({ ...account, secrets: (account.secrets ?? []).filter(({ name }) => name !== secretName) }),
    )
    return done
  }
}

function goneReference({ type, object: { metadata } }: Change<Secret>): string[] {
  const account = metadata.annotations?.[accountAnnotations.name]
  return type === 'deleted' && account ? [`gone:${metadata.namespace}/${account}/${metadata.name}`] : []
}
