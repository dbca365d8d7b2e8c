/** Writes whose object may have gone, or whose namespace goes away, in the meantime: nothing is left to do then. */
import { ApiError } from '../api/errors.ts'

/** Undefined when the object is gone. */
export async function ifThere<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'NotFound') return undefined
    throw error
  }
}

/** Undefined when the object exists already. */
export async function ifNew<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'AlreadyExists') return undefined
    throw error
  }
}

/** Nothing new may be created in a namespace that is being deleted; trying again would only fill the log. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.reason !== 'Forbidden') return false
  return (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
