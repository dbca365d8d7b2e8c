/** Tokens with which a new node joins: Secrets of their own type in kube-system (https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/). */
import { coreV1 } from '../../api/resources.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Objects } from '../objects.ts'
import { InvalidTokenError, sameSecret, type TokenAuthenticator, type TokenOwner } from './token.ts'

const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const extraGroupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

export class BootstrapTokens implements TokenAuthenticator {
  readonly #objects: Objects
  readonly #clock: Clock

  constructor({ objects, clock }: { objects: Objects; clock: Clock }) {
    this.#objects = objects
    this.#clock = clock
  }

  async authenticateToken(token: string): Promise<TokenOwner | undefined> {
    const [, id, secretPart] = tokenPattern.exec(token) ?? []
    if (!id || !secretPart) return undefined
    const secret = await this.#objects.get(coreV1.secrets, `kube-system/bootstrap-token-${id}`)
    if (!secret || secret.metadata.deletionTimestamp || secret.type !== 'bootstrap.kubernetes.io/token')
      return undefined
    const field = (name: string) => Buffer.from(secret.data?.[name] ?? '', 'base64').toString('utf8')
    if (field('token-id') !== id || !sameSecret(field('token-secret'), secretPart)) return undefined
    if (field('usage-bootstrap-authentication') !== 'true') return undefined
    const expiration = field('expiration')
    // An expiration that can't be read counts as passed.
    if (expiration !== '' && !(Date.parse(expiration) > this.#clock.nowMs())) return undefined
    const groups = ['system:bootstrappers', ...extraGroups(field('auth-extra-groups'))]
    return { user: { name: `system:bootstrap:${id}`, groups, extra: {} } }
  }
}

function extraGroups(text: string): string[] {
  const groups = text === '' ? [] : text.split(',')
  const bad = groups.find((group) => !extraGroupPattern.test(group))
  if (bad !== undefined) throw new InvalidTokenError(`bootstrap group ${JSON.stringify(bad)} is not allowed`)
  return groups
}
