/** `domain/path` names, as controllers call themselves (`example.com/ingress`). Source: the recorded messages. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { invalid, invalidEach, required } from './field.ts'

const segment = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/

export function isDomainPrefixedPath(path: string, value: string): FieldError[] {
  if (value === '') return [required(path)]
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) {
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const domain = value.slice(0, slash)
  const rest = value.slice(slash + 1)
  const errors = invalidEach(path, domain, isDns1123Subdomain(domain))
  if (segment.test(rest)) return errors
  const why = `Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`
  return [...errors, invalid(path, rest, why)]
}
