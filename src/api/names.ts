/**
 * The syntaxes of names, keys and values. Each check returns what is wrong, nothing when all is well; the sentences are
 * upstream's, since clients and tests match on them. Lengths count UTF-8 bytes.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and .../labels/
 */

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?'
const wildcardDns1123Subdomain = `\\*\\.${dns1123Subdomain}`
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValue = `(${labelKey})?`
const cIdentifier = '[A-Za-z_][A-Za-z0-9_]*'
const configMapKey = '[-._a-zA-Z0-9]+'
const envVarName = '[-._a-zA-Z][-._a-zA-Z0-9]*'
const httpHeaderName = '[-A-Za-z0-9]+'
const percent = '[0-9]+%'

const patterns = new Map<string, RegExp>()

export const dnsLabelLengthMax = 63
export const dnsSubdomainLengthMax = 253
export const labelValueLengthMax = 63

/** A label of a DNS name: names of Services' parts, namespaces, containers, ports' owners. */
export function isDns1123Label(value: string): string[] {
  const errors = tooLong(value, dnsLabelLengthMax)
  if (matches(dns1123Label, value)) return errors
  if (matches(dns1123Subdomain, value)) return [...errors, 'must not contain dots']
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
  return [...errors, regexError(rule, dns1123Label, 'my-name', '123-abc')]
}

/** Dotted DNS labels: names of most objects. */
export function isDns1123Subdomain(value: string): string[] {
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
  return [
    ...tooLong(value, dnsSubdomainLengthMax),
    ...mismatch(value, dns1123Subdomain, () => regexError(rule, dns1123Subdomain, 'example.com')),
  ]
}

/** Starts with a letter: names of Services. */
export function isDns1035Label(value: string): string[] {
  const rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
  return [
    ...tooLong(value, dnsLabelLengthMax),
    ...mismatch(value, dns1035Label, () => regexError(rule, dns1035Label, 'my-name', 'abc-123')),
  ]
}

/** `*.` before a subdomain: hosts of an Ingress. */
export function isWildcardDns1123Subdomain(value: string): string[] {
  const rule =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
  return [
    ...tooLong(value, dnsSubdomainLengthMax),
    ...mismatch(value, wildcardDns1123Subdomain, () => regexError(rule, wildcardDns1123Subdomain, '*.example.com')),
  ]
}

/** `[subdomain/]name`: keys of labels and annotations, names of extended resources, finalizers. */
export function isQualifiedName(value: string): string[] {
  const rule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  const examples = ['MyName', 'my.name', '123-abc'] as const
  const parts = value.split('/')
  if (parts.length > 2) {
    const text = regexError(`a valid label key ${rule}`, labelKey, ...examples)
    return [`${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const errors: string[] = []
  const name = parts.at(-1) ?? ''
  if (parts.length === 2) errors.push(...prefixErrors(parts[0] ?? ''))
  if (name === '') errors.push('name part must be non-empty')
  else if (byteLength(name) > dnsLabelLengthMax)
    errors.push(`name part must be no more than ${dnsLabelLengthMax} bytes`)
  if (!matches(labelKey, name)) errors.push(`name part ${regexError(rule, labelKey, ...examples)}`)
  return errors
}

export function isLabelValue(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > labelValueLengthMax) errors.push(`must be no more than ${labelValueLengthMax} bytes`)
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  return [...errors, ...mismatch(value, labelValue, () => regexError(rule, labelValue, 'MyValue', 'my_value', '12345'))]
}

/** What may stand between two slashes of a URL: names of RBAC objects. */
export function isPathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`)
}

export function isCIdentifier(value: string): string[] {
  const rule =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
  return mismatch(value, cIdentifier, () => regexError(rule, cIdentifier, 'my_name', 'MY_NAME', 'MyName'))
}

/** Keys of ConfigMaps and Secrets; they become file names. */
export function isConfigMapKey(value: string): string[] {
  const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
  return [
    ...tooLong(value, dnsSubdomainLengthMax),
    ...mismatch(value, configMapKey, () => regexError(rule, configMapKey, 'key.name', 'KEY_NAME', 'key-name')),
    ...parentDirectory(value),
  ]
}

export function isEnvVarName(value: string): string[] {
  const rule =
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit"
  return [
    ...mismatch(value, envVarName, () => regexError(rule, envVarName, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1')),
    ...parentDirectory(value),
  ]
}

/** Any printable ASCII but `=`: what pods may use since v1.34. */
export function isRelaxedEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty']
  return /^[\x20-\x3c\x3e-\x7e]*$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

export function isHttpHeaderName(value: string): string[] {
  const rule = "a valid HTTP header must consist of alphanumeric characters or '-'"
  return mismatch(value, httpHeaderName, () => regexError(rule, httpHeaderName, 'X-Header-Name'))
}

export function isPercent(value: string): string[] {
  const rule = "a valid percent string must be a numeric string followed by an ending '%'"
  return mismatch(value, percent, () => regexError(rule, percent, '1%', '93%'))
}

/** A port's name (IANA service name, RFC 6335). */
export function isPortName(value: string): string[] {
  const errors = tooLong(value, 15)
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)')
  if (value.includes('--')) errors.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

export function isPortNumber(value: number): string[] {
  return isInRange(value, 1, 65535)
}

/** User and group ids alike. */
export function isUserId(value: number): string[] {
  return isInRange(value, 0, 2 ** 31 - 1)
}

export function isInRange(value: number, lowest: number, highest: number): string[] {
  return value >= lowest && value <= highest ? [] : [`must be between ${lowest} and ${highest}, inclusive`]
}

/** "rule (e.g. 'a', or 'b', regex used for validation is 'pattern')". */
export function regexError(rule: string, pattern: string, ...examples: string[]): string {
  const regex = `regex used for validation is '${pattern}')`
  return examples.length === 0
    ? `${rule} (${regex}`
    : `${rule} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}${regex}`
}

export function maxLengthError(length: number): string {
  return `must be no more than ${length} characters`
}

function prefixErrors(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  // Prefixes follow the newer wording, which counts bytes.
  return isDns1123Subdomain(prefix).map((error) => `prefix part ${error.replace(/(\d+) characters$/, '$1 bytes')}`)
}

function parentDirectory(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}

function tooLong(value: string, length: number): string[] {
  return byteLength(value) > length ? [maxLengthError(length)] : []
}

function mismatch(value: string, pattern: string, message: () => string): string[] {
  return matches(pattern, value) ? [] : [message()]
}

function matches(pattern: string, value: string): boolean {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    compiled = new RegExp(`^(?:${pattern})$`)
    patterns.set(pattern, compiled)
  }
  return compiled.test(value)
}

function byteLength(value: string): number {
  return Buffer.byteLength(value)
}
