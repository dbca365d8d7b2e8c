/**
 * The documents by which others verify service account tokens: `/.well-known/openid-configuration` and
 * `/openid/v1/jwks` (https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery).
 */
import type { Exchange } from '../endpoints/exchange.ts'
import { pageNotFound } from '../http/status.ts'
import type { NonResource } from '../nonresource/endpoints.ts'
import type { ApiResponse } from '../request.ts'
import { discoveryDocument, keySet, type SigningKey } from './jwt.ts'

export interface OidcDocumentsOptions {
  keys: readonly SigningKey[]
  issuer: string
  /** Where the key set can be fetched: the API server as it is reached from outside. Default: below the issuer. */
  serverUrl?: string
  /** Where the key set can be fetched, when not there. */
  jwksUri?: string
}

/** For `createApiServer({ documents })`. */
export function oidcDocuments({ keys, issuer, serverUrl = issuer, jwksUri }: OidcDocumentsOptions): NonResource {
  const configuration = JSON.stringify(discoveryDocument(issuer, jwksUri ?? `${serverUrl}/openid/v1/jwks`, keys))
  const keySetText = JSON.stringify(keySet(keys))
  return {
    async answer({ info }: Exchange): Promise<ApiResponse> {
      if (info.path === '/.well-known/openid-configuration') return document(configuration, 'application/json')
      if (info.path === '/openid/v1/jwks') return document(keySetText, 'application/jwk-set+json')
      return pageNotFound()
    },
  }
}

function document(text: string, type: string): ApiResponse {
  const headers = { 'content-type': type, 'cache-control': 'public, max-age=3600' }
  return { status: 200, headers, body: new TextEncoder().encode(text) }
}
