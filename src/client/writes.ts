/** Calls that the server may refuse because the world moved on meanwhile: nothing is left to do then. */
import { ApiError, type StatusReason } from '../api/errors.ts'

/** Undefined when the server refuses for one of these reasons; any other failure is thrown. */
export async function unless<T>(reasons: readonly StatusReason[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof ApiError && reasons.includes(error.reason)) return undefined
    throw error
  }
}

/** Undefined when the object is gone. */
export function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  return unless(['NotFound'], call)
}

/** Undefined when the object is gone, or another by the same name is there. */
export function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return unless(['NotFound', 'Conflict'], call)
}

/** Undefined when the object exists already. */
export function ifNew<T>(call: Promise<T>): Promise<T | undefined> {
  return unless(['AlreadyExists'], call)
}

/** Nothing new may be created in a namespace that is being deleted; trying again would only fill the log. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.reason !== 'Forbidden') return false
  return (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
}
