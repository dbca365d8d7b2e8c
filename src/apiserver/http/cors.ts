/**
 * Lets pages of other origins ask the server, those that the one who runs it names.
 * Source: https://fetch.spec.whatwg.org/#http-cors-protocol; the headers are kube-apiserver's.
 */
import type { Pattern } from '../../api/pattern.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'

const told = {
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE, PATCH',
  'access-control-allow-headers':
    'Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since',
  'access-control-expose-headers': 'Date',
  'access-control-allow-credentials': 'true',
}

/** What a page may know of the answer to its request; undefined for requests of nobody's page or of others'. */
export function corsHeaders(
  { headers }: Pick<ApiRequest, 'headers'>,
  allowed: readonly Pattern[],
): Record<string, string> | undefined {
  const { origin } = headers
  if (!origin || !allowed.some((pattern) => pattern.test(origin))) return undefined
  return { 'access-control-allow-origin': origin, ...told }
}

/** The answer to a browser that asks first whether its page may. */
export function preflightAnswer(): ApiResponse {
  return { status: 204, headers: {}, body: new Uint8Array() }
}
