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
}

/** Names of the headers, as `extension-apiserver-authentication` publishes them. */
export const requestHeaderNames = {
  user: 'X-Remote-User',
  uid: 'X-Remote-Uid',
  group: 'X-Remote-Group',
  extraPrefix: 'X-Remote-Extra-',
} as const

export class RequestHeaderAuthenticator implements Authenticator {
  readonly #options: RequestHeaderOptions

  constructor(options: RequestHeaderOptions) {
    this.#options = options
  }

  authenticate(request: ApiRequest): UserInfo | undefined {
    const name = request.headers['x-remote-user'] ?? ''
    if (!request.peerCertificate || name === '') return undefined
    const { authority, allowedNames } = this.#options
    const subject = authority.subjectOf(request.peerCertificate)
    if (!subject || (allowedNames.length > 0 && !allowedNames.includes(subject.commonName))) throw unauthorized()
    const uid = request.headers['x-remote-uid']
    return {
      name,
      ...(uid ? { uid } : {}),
      groups: headerValues(request, 'x-remote-group'),
      extra: extraFromHeaders(request, 'x-remote-extra-'),
    }
  }
}
