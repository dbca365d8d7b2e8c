/**
 * The front proxy: who presents a certificate of the front-proxy authority may say in headers for whom it speaks.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
 */
import { unauthorized } from '../../api/errors.ts'
import type { Authenticator } from '../authenticate.ts'
import type { ApiRequest, UserInfo } from '../request.ts'
import type { ClientAuthority } from './certificate.ts'
import { extraFromHeaders, headerValues } from './headers.ts'

export interface RequestHeaderOptions {
  authority: ClientAuthority
  /** Common names that may speak for others. Empty: every certificate of the authority. */
  allowedNames: readonly string[]
  /** Default: the usual ones. */
  names?: RequestHeaderNames
}

/** Of each kind the first that a request has counts; of groups and more all do. In any case. */
export interface RequestHeaderNames {
  user: readonly string[]
  uid: readonly string[]
  group: readonly string[]
  extraPrefix: readonly string[]
}

export const usualHeaderNames: RequestHeaderNames = {
  user: ['X-Remote-User'],
  uid: ['X-Remote-Uid'],
  group: ['X-Remote-Group'],
  extraPrefix: ['X-Remote-Extra-'],
}

export class RequestHeaderAuthenticator implements Authenticator {
  readonly #options: RequestHeaderOptions
  readonly #names: RequestHeaderNames

  constructor(options: RequestHeaderOptions) {
    this.#options = options
    const { user, uid, group, extraPrefix } = options.names ?? usualHeaderNames
    this.#names = { user: lower(user), uid: lower(uid), group: lower(group), extraPrefix: lower(extraPrefix) }
  }

  authenticate(request: ApiRequest): UserInfo | undefined {
    const first = (names: readonly string[]) => names.map((name) => request.headers[name]).find(Boolean)
    if (!request.peerCertificate) return undefined
    const { authority, allowedNames } = this.#options
    const subject = authority.subjectOf(request.peerCertificate)
    if (!subject || (allowedNames.length > 0 && !allowedNames.includes(subject.commonName))) throw unauthorized()
    const name = first(this.#names.user)
    if (!name) return undefined
    const uid = first(this.#names.uid)
    const extra = this.#names.extraPrefix.flatMap((prefix) => Object.entries(extraFromHeaders(request, prefix)))
    return {
      name,
      ...(uid ? { uid } : {}),
      groups: this.#names.group.flatMap((header) => headerValues(request, header)),
      // Not assigned: a key of the caller's may be called `__proto__`.
      extra: Object.fromEntries(extra),
    }
  }
}

function lower(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase())
}
