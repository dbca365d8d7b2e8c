/** SQLite's error codes in plain words (https://www.sqlite.org/rescode.html). */
import { StoreUnavailableError } from '../store.ts'

const causes: Record<number, string> = {
  5: 'another process is using the file',
  6: 'another process is using the file',
  8: 'the file is read-only',
  10: 'reading or writing the file failed',
  11: 'the file is damaged',
  13: 'the disk is full',
  14: 'the file cannot be opened',
  26: 'the file is not a store',
}

/** What SQLite does not see: a value that is not what was written. */
export class DamagedError extends Error {
  readonly errcode = 11

  constructor(message: string) {
    super(message)
    this.name = 'DamagedError'
  }
}

export function asUnavailable(action: string, error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error
  const { message = String(error) } = error as { message?: string }
  const cause = causes[kindOf(error)]
  return new StoreUnavailableError(`${action}: ${cause === undefined ? message : `${cause} (${message})`}`, {
    cause: error,
  })
}

/** The file itself is wrong, which no waiting mends. */
export function isDamage(error: unknown): boolean {
  return kindOf(error) === 11 || kindOf(error) === 26
}

export function isFull(error: unknown): boolean {
  return kindOf(error) === 13 || (error as { code?: string }).code === 'ENOSPC'
}

export function isBusy(error: unknown): boolean {
  return kindOf(error) === 5
}

/** The low byte of the code; the rest says more about it. */
function kindOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}
