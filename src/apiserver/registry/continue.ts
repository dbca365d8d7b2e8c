/** The continue token of a list: upstream's own form, so that a token outlives a change of server. */
import { jsonKind } from '../../api/codec/json-kind.ts'
import { badRequest } from '../../api/errors.ts'

const tokenVersion = 'meta.k8s.io/v1'

export interface ContinueToken {
  /** -1: go on with whatever is newest. */
  revision: number
  /** The last key of the page before, without the collection's prefix. */
  start: string
}

export function encodeContinue(revision: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start: `${start}\u0000` })).toString('base64url')
}

/** Throws a 400. */
export function decodeContinue(token: string): ContinueToken {
  const { v, rv, start } = parse(token)
  if (v !== tokenVersion) throw invalid(` server does not recognize this encoded version ${String(v ?? '')}`)
  if (rv === undefined || rv === 0) throw invalid(` incorrect encoded start resourceVersion (version ${tokenVersion})`)
  if (start === undefined || start === '') throw invalid(` encoded start key empty (version ${tokenVersion})`)
  // The pages of kube-apiserver that its cache gives begin with a slash.
  const place = start.replace(/^\//, '')
  if (place !== '' && place.split('/').some((part) => ['', '.', '..'].includes(part))) throw invalid(` ${start}`)
  return { revision: rv, start: place.replace(/\0$/, '') }
}

function parse(token: string): { v?: string; rv?: number; start?: string } {
  const wrong = token.search(/[^A-Za-z0-9_-]/)
  if (wrong >= 0 || token.length % 4 === 1) {
    throw invalid(` illegal base64 data at input byte ${wrong < 0 ? token.length - 1 : wrong}`)
  }
  const text = Buffer.from(token, 'base64url').toString()
  const value = decoded(text)
  if (typeof value !== 'object' || Array.isArray(value)) throw notInto(value, 'value of type storage.continueToken')
  const { v, rv, start } = (value ?? {}) as Record<string, unknown>
  return {
    ...member(v, 'v', 'string', (each) => typeof each === 'string'),
    ...member(rv, 'rv', 'int64', Number.isSafeInteger),
    ...member(start, 'start', 'string', (each) => typeof each === 'string'),
  }
}

/** As Go has it, what is null is left as it was. */
function member(value: unknown, name: string, type: string, isOfType: (value: unknown) => boolean): object {
  if (value === undefined || value === null) return {}
  if (!isOfType(value)) throw notInto(value, `struct field continueToken.${name} of type ${type}`)
  return { [name]: value }
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (/^\s*[[{"]/.test(text)) throw invalid(' no token that a page of a list gave')
    throw invalid(` invalid character '${text.trimStart().slice(0, 1)}' looking for beginning of value`)
  }
}

/** In the words of Go's decoder. */
function notInto(value: unknown, place: string): Error {
  const kind = jsonKind(value)
  const shown = kind === 'number' && place.endsWith('int64') ? `number ${value}` : kind
  return invalid(` json: cannot unmarshal ${shown} into Go ${place}`)
}

function invalid(why: string): Error {
  return badRequest(`invalid continue token: continue key is not valid:${why}`)
}
