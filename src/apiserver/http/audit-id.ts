/** The name of a request, in its answer and wherever it is recorded. */
import type { Random } from '../../platform/random.ts'
import type { ApiRequest } from '../request.ts'

/** The client's own where it is fit for every line of a log, else a new one. */
export function auditIdOf({ headers }: ApiRequest, random: Random): string {
  const given = headers['audit-id']
  return given !== undefined && /^[\x21-\x7e]{1,64}$/.test(given) ? given : random.uuid()
}
