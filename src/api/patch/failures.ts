/** The answers a patch can fail with, beside the general ones; texts as apimachinery writes them. */
import { ApiError, apiError } from '../errors.ts'

/** 422 without naming an object: how upstream answers a JSON patch that does not fit the object. */
export function unprocessable(): ApiError {
  const message = 'the server rejected our request due to an error in our request'
  return apiError({ code: 422, reason: 'Invalid', message, details: {} })
}

/** 413. Source: apimachinery's NewRequestEntityTooLargeError. */
export function entityTooLarge(why: string): ApiError {
  const message = `Request entity too large: ${why}`
  return apiError({ code: 413, reason: 'RequestEntityTooLarge', message })
}

/** 500 with a bare message and no reason: what upstream makes of an error that is not a Status. */
export function plainFailure(message: string): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}
