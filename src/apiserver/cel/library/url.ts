/** URLs with a scheme or absolute paths. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library */
import { goQuoted } from '../../../api/errors.ts'
import { declare, type Overload } from '../functions.ts'
import { CelError, Entries, Items, Opaque, type Value } from '../values.ts'
import { reading } from './costs.ts'

interface Parts {
  readonly scheme: string
  readonly host: string
  /** As written. */
  readonly path: string
  readonly query: string
}

const urlPattern = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s

export class Url extends Opaque {
  readonly typeName = 'kubernetes.URL'
  readonly text: string
  readonly parts: Parts

  constructor(text: string, parts: Parts) {
    super()
    this.text = text
    this.parts = parts
  }

  override equals(other: Value): boolean {
    return other instanceof Url && other.text === this.text
  }
}

/** What is wrong with it, or its parts, as Go's `url.ParseRequestURI` finds. */
export function parseUrl(text: string): Parts | string {
  const failed = (why: string) => `parse ${goQuoted(text)}: ${why}`
  if (text === '') return failed('empty url')
  if (hasControlCharacter(text)) return failed('net/url: invalid control character in URL')
  if (text === '*') return { scheme: '', host: '', path: '*', query: '' }
  const [, scheme = '', host, path = '', query = ''] = urlPattern.exec(text)!
  if (text.startsWith(':')) return failed('missing protocol scheme')
  if (scheme === '' && !text.startsWith('/')) return failed('invalid URI for request')
  if (scheme !== '' && host === undefined && !path.startsWith('/'))
    return { scheme: scheme.toLowerCase(), host: '', path: '', query }
  const wrong = wrongAuthority(host ?? '') ?? wrongEscape(path)
  if (wrong) return failed(wrong)
  return { scheme: scheme.toLowerCase(), host: (host ?? '').replace(/^.*@/s, ''), path, query }
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\x7f')
}

function wrongAuthority(authority: string): string | undefined {
  const end = authority.lastIndexOf('@')
  const user = authority.slice(0, Math.max(end, 0))
  const wrong = wrongHost(authority.slice(end + 1))
  if (wrong) return wrong
  if (/[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/.test(user)) return 'net/url: invalid userinfo'
  return wrongEscape(user)
}

/** In a host only bytes that are not ASCII may be escaped, in an IPv6 zone (`%25eth0`) everything. */
function wrongHost(host: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(host)
  if (host.startsWith('[') && !bracketed) return "missing ']' in host"
  const port = bracketed ? bracketed[2] : /:([^:]*)$/s.exec(host)?.[1]
  if (port !== undefined && !/^\d*$/.test(port)) return `invalid port ":${port}" after host`
  const name = bracketed ? (bracketed[1] ?? '').replace(/%25.*$/s, '') : host
  const escaped = wrongEscape(name) ?? wrongEscape(name, /%[0-7][0-9A-Fa-f]/)
  if (escaped) return escaped
  const bad = /[ "<>\\^`{|}]/.exec(bracketed ? '' : host)
  return bad ? `invalid character ${JSON.stringify(bad[0])} in host name` : undefined
}

function wrongEscape(text: string, wrong = /%(?![0-9A-Fa-f]{2}).{0,2}/s): string | undefined {
  const bad = wrong.exec(text)
  return bad ? `invalid URL escape "${bad[0]}"` : undefined
}

function url(_: unknown, text: string): Url {
  const parts = parseUrl(text)
  if (typeof parts === 'string') throw new CelError(`URL parse error during conversion from string: ${parts}`)
  return new Url(text, parts)
}

function hostname(host: string): string {
  return /^\[([^\]]*)\]/.exec(host)?.[1] ?? host.replace(/:[^:]*$/, '')
}

function port(host: string): string {
  return /:(\d*)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1] ?? ''
}

/** As Go escapes a path that is not written in a valid way. */
function escapedPath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-_.~!$&'()*+,;=:@/%[\]]/gu, (character) => encodeURIComponent(character))
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** Pairs that can't be decoded are left out. */
function queryOf(query: string): Entries {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const [name, value] = [pair.replace(/=.*$/s, ''), pair.includes('=') ? pair.replace(/^[^=]*=/s, '') : '']
    const [key, shown] = [decoded(name), decoded(value)]
    if (key === undefined || shown === undefined) continue
    const list = values.get(key) ?? []
    list.push(shown)
    values.set(key, list)
  }
  const entries = new Entries()
  for (const [key, list] of values) entries.insert(key, new Items(list), String)
  return entries
}

const parsing = reading(1, 'same')

export const urls: readonly Overload[] = [
  declare('url(string): kubernetes.URL', url, parsing),
  declare('isURL(string): bool', (_, text: string) => typeof parseUrl(text) !== 'string'),
  declare('kubernetes.URL.getScheme(): string', (_, { parts }: Url) => parts.scheme),
  declare('kubernetes.URL.getHost(): string', (_, { parts }: Url) => parts.host),
  declare('kubernetes.URL.getHostname(): string', (_, { parts }: Url) => hostname(parts.host)),
  declare('kubernetes.URL.getPort(): string', (_, { parts }: Url) => port(parts.host)),
  declare('kubernetes.URL.getEscapedPath(): string', (_, { parts }: Url) => escapedPath(parts.path)),
  declare('kubernetes.URL.getQuery(): map<string, list<string>>', (_, { parts }: Url) => queryOf(parts.query)),
]
