/** Whether a status has to be written: the server leaves out what is zero or empty, so that is no difference. */
import { canonical } from './template-hash.ts'

export function sameStatus(wanted: object, present: object | undefined): boolean {
  return canonical(withoutEmpty(wanted)) === canonical(withoutEmpty(present ?? {}))
}

/** Only the top level: what is zero inside a condition or a list was put there. */
function withoutEmpty(status: object): object {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => !isEmpty(value)))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === 0 || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
