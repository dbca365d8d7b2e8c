/** Where a webhook listens: a URL or a service. Source: admissionregistration/v1 WebhookClientConfig. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain, isPortNumber } from '../../../api/names.ts'
import type { ServiceReference, WebhookClientConfig } from '../../../api/types/admissionregistration/v1.ts'
import { invalid, required } from '../validation/field.ts'

const desiredFormat = 'desired format: https://host[/path]'

export function validateClientConfig(path: string, { url, service }: Partial<WebhookClientConfig>): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')]
  if (url !== undefined) return validateUrl(`${path}.url`, url)
  return validateService(`${path}.service`, service ?? {})
}

/** Upstream shows the part that is wrong. */
function validateUrl(path: string, text: string): FieldError[] {
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/.exec(text)
  const [, scheme = '', authority = '', , query, fragment] = parts ?? []
  const at = authority.lastIndexOf('@')
  const errors: FieldError[] = []
  if (scheme !== 'https') {
    errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme; ${desiredFormat}`))
  }
  if (authority.slice(at + 1) === '') errors.push(invalid(path, authority, `host must be specified; ${desiredFormat}`))
  if (at >= 0) errors.push(invalid(path, authority.slice(0, at), 'user information is not permitted in the URL'))
  if (fragment) errors.push(invalid(path, fragment.slice(1), 'fragments are not permitted in the URL'))
  if (query) errors.push(invalid(path, query.slice(1), 'query parameters are not permitted in the URL'))
  return errors
}

function validateService(path: string, service: Partial<ServiceReference>): FieldError[] {
  const { name = '', namespace = '', path: target, port = 443 } = service
  const errors: FieldError[] = []
  // Upstream takes the one for the other.
  if (namespace === '') errors.push(required(`${path}.name`))
  if (name === '') errors.push(required(`${path}.namespace`))
  for (const _ of isPortNumber(port)) {
    errors.push(invalid(`${path}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'))
  }
  return target === undefined ? errors : [...errors, ...validatePath(`${path}.path`, target)]
}

function validatePath(path: string, target: string): FieldError[] {
  if (target === '' || target === '/') return []
  if (target === '//') return [invalid(path, target, 'segment[0] may not be empty')]
  const errors = target.startsWith('/') ? [] : [invalid(path, target, "must start with a '/'")]
  const segments = target.slice(1).replace(/\/$/, '').split('/')
  for (const [index, segment] of segments.entries()) {
    if (segment === '') {
      errors.push(invalid(path, target, `segment[${index}] may not be empty`))
      continue
    }
    for (const wrong of isDns1123Subdomain(segment)) errors.push(invalid(path, target, `segment[${index}]: ${wrong}`))
  }
  return errors
}
