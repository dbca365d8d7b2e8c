/** Escape sequences of string and bytes literals. Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values */
import { IssueError } from './issues.ts'

const sequence =
  /\\(?:([abfnrtv\\?"'`])|x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]?))/g

const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
}

/** Throws `IssueError`. */
export function unescapeText(body: string, at: number): string {
  return body.replace(sequence, (_all, letter, x, X, u, U, octal) => {
    if (letter !== undefined) return letters[letter]!
    const code = octal === undefined ? Number.parseInt(x ?? X ?? u ?? U, 16) : Number.parseInt(octal, 8)
    if (Number.isNaN(code)) throw new IssueError(at, 'unable to unescape string')
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new IssueError(at, 'invalid unicode code point')
    return String.fromCodePoint(code)
  })
}

/** `\x` and octal escapes are single bytes; everything else is UTF-8. Throws `IssueError`. */
export function unescapeBytes(body: string, raw: boolean, at: number): Uint8Array {
  if (raw) return Buffer.from(body, 'utf8')
  const parts: Uint8Array[] = []
  let end = 0
  for (const match of body.matchAll(sequence)) {
    parts.push(Buffer.from(body.slice(end, match.index), 'utf8'))
    end = match.index + match[0].length
    const [, letter, x, X, u, U, octal] = match
    if (u !== undefined || U !== undefined) throw new IssueError(at, 'unable to unescape bytes')
    if (letter !== undefined) parts.push(Buffer.from(letters[letter]!, 'utf8'))
    else {
      const code = octal === undefined ? Number.parseInt(x ?? X ?? '', 16) : Number.parseInt(octal, 8)
      if (Number.isNaN(code)) throw new IssueError(at, 'unable to unescape bytes')
      parts.push(Uint8Array.of(code))
    }
  }
  parts.push(Buffer.from(body.slice(end), 'utf8'))
  return new Uint8Array(Buffer.concat(parts))
}
