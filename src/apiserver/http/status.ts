/** Answers in JSON: statuses of errors and small documents. */
import { ApiError, internalError } from '../../api/errors.ts'
import type { ApiResponse } from '../request.ts'

const textEncoder = new TextEncoder()

export function jsonResponse(status: number, value: unknown, headers: Record<string, string> = {}): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: textEncoder.encode(`${JSON.stringify(value)}\n`),
    document: true,
  }
}

export function textResponse(status: number, text: string): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: textEncoder.encode(text),
  }
}

/** What is served at no path at all. */
export function pageNotFound(): ApiResponse {
  return textResponse(404, '404 page not found\n')
}

/** Any thrown value as the Status clients expect. */
export function errorResponse(error: unknown): ApiResponse {
  const { status } = asApiError(error)
  const headers: Record<string, string> = {}
  const retryAfter = status.details?.retryAfterSeconds
  if (retryAfter) headers['retry-after'] = String(retryAfter)
  return jsonResponse(status.code ?? 500, status, headers)
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : internalError(error)
}
