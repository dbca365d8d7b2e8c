/**
 * The string formats that a schema may name, as upstream's registry checks them. Formats it does not know are not
 * checked. All patterns here are our own and linear; input is at most as long as a request.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation
 * (the list of supported formats), kube-openapi's `strfmt`.
 */
import { parseDuration } from '../../../api/codec/time.ts'
import { cidrFamily, ipFamily } from '../../registry/validation/addresses.ts'

/** Whether the format is checked on values of the type (empty: none is given). */
export function isKnownFormat(type: string | undefined, format: string): boolean {
  switch (type ?? '') {
    case '':
    case 'string':
      return formats.has(normalized(format)) || format === 'byte' || format === 'password'
    case 'integer':
      return format === 'int32' || format === 'int64'
    case 'number':
      return format === 'float' || format === 'double'
    default:
      return false
  }
}

/** Undefined for a format that is not known. */
export function matchesFormat(format: string, text: string): boolean | undefined {
  return formats.get(normalized(format))?.(text)
}

function normalized(format: string): string {
  return format.replaceAll('-', '')
}

const uuid = (version: string, variant: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?${variant}-?[0-9a-f]{12}$`, 'i')
const anyHex = '[0-9a-f]{4}'

const matching = (pattern: RegExp) => (text: string) => pattern.test(text)

const shortName = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'

const formats = new Map<string, (text: string) => boolean>([
  ['bsonobjectid', matching(/^[0-9a-fA-F]{24}$/)],
  ['uri', isRequestUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', (text) => ipFamily(text) === 'IPv4'],
  ['ipv6', (text) => ipFamily(text) === 'IPv6'],
  ['cidr', (text) => cidrFamily(text) !== undefined],
  ['mac', isMac],
  ['uuid', matching(uuid(anyHex, anyHex))],
  ['uuid3', matching(uuid('3[0-9a-f]{3}', anyHex))],
  ['uuid4', matching(uuid('4[0-9a-f]{3}', '[89ab][0-9a-f]{3}'))],
  ['uuid5', matching(uuid('5[0-9a-f]{3}', '[89ab][0-9a-f]{3}'))],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matching(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', isRgbColor],
  ['byte', isBase64],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8sshortname', (text) => text.length <= 63 && new RegExp(`^${shortName}$`).test(text)],
  ['k8slongname', (text) => text.length <= 253 && new RegExp(`^${shortName}(?:\\.${shortName})*$`).test(text)],
])

/** Absolute, or an absolute path, as `url.ParseRequestURI` takes them. */
function isRequestUri(text: string): boolean {
  if (text === '' || /[\s\p{Cc}]/u.test(text)) return false
  if (text.startsWith('/')) return !/%(?![0-9a-fA-F]{2})/.test(text)
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && URL.canParse(text)
}

const atext = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
const mailbox = new RegExp(`^${atext}+(?:\\.${atext}+)*@[^\\s<>()\\[\\],;:\\\\"@]+$`)

/** An address, or a display name with one in angle brackets. */
function isEmail(text: string): boolean {
  const bracketed = /^[^<>]*<([^<>]+)>\s*$/.exec(text)
  return mailbox.test((bracketed?.[1] ?? text).trim())
}

function isHostname(text: string): boolean {
  if (text.length > 255) return false
  const labels = text.split('.')
  if (labels.some((label) => label.length > 63)) return false
  const last = labels.at(-1) ?? ''
  if (labels.length === 1) return /^[a-zA-Z0-9\p{S}\p{L}](?:-?[a-zA-Z0-9\p{S}\p{L}]+)*$/u.test(last)
  const inner = /^[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\p{S}\p{L}-]*[a-zA-Z0-9\p{S}\p{L}])?$/u
  return labels.slice(0, -1).every((label) => inner.test(label)) && /^[a-zA-Z\p{L}]{2,63}$/u.test(last)
}

function isMac(text: string): boolean {
  return (
    /^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}(?:(?:\1[0-9a-fA-F]{2}){2}|(?:\1[0-9a-fA-F]{2}){14})?$/.test(
      text,
    ) || /^[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}(?:\.[0-9a-fA-F]{4}|(?:\.[0-9a-fA-F]{4}){7})?$/.test(text)
  )
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[ -]/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  let sum = 0
  for (let index = 0; index < 10; index++) sum += (10 - index) * (digits[index] === 'X' ? 10 : Number(digits[index]))
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[ -]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  let sum = 0
  for (let index = 0; index < 13; index++) sum += (index % 2 === 0 ? 1 : 3) * Number(digits[index])
  return sum % 10 === 0
}

const cardNumber =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12})$/

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!cardNumber.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

function isRgbColor(text: string): boolean {
  const match = /^rgb\( *(\d{1,3}) *, *(\d{1,3}) *, *(\d{1,3}) *\)$/.exec(text)
  return match?.slice(1).every((part) => Number(part) <= 255) ?? false
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) && text !== ''
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return days !== undefined && day >= 1 && day <= days
}

function isDateTime(text: string): boolean {
  const [date = '', time, ...rest] = text.toLowerCase().split('t')
  if (time === undefined || rest.length > 0 || !isDate(date)) return false
  const match = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/.exec(time)
  return match !== null && match[1]! <= '23' && match[2]! <= '59' && match[3]! <= '59'
}

/** Go's own form, or numbers with a unit in words (`2 days`). */
function isDuration(text: string): boolean {
  if (parseDuration(text) !== undefined) return true
  return /\d\s*(?:ns|nano|us|µs|micro|ms|milli|s\b|sec|m\b|min|h\b|hr\b|hour|d\b|day|w\b|wk\b|week)/i.test(text)
}
