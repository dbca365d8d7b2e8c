/** The continue token of a list: upstream's own form, so that a token outlives a change of server. */
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
  const parsed = parse(token)
  if (!parsed || parsed.v !== tokenVersion || typeof parsed.rv !== 'number' || typeof parsed.start !== 'string') {
    throw badRequest('continue key is not valid: it must be the token that the last page of the list gave')
  }
  if (parsed.rv === 0 || parsed.start === '' || parsed.start.split('/').includes('..')) {
    throw badRequest('continue key is not valid: incorrect encoded start resourceVersion or key')
  }
  return { revision: parsed.rv, start: parsed.start.endsWith('\u0000') ? parsed.start.slice(0, -1) : parsed.start }
}

function parse(token: string): { v?: unknown; rv?: unknown; start?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    return value !== null && typeof value === 'object' ? value : undefined
  } catch {
    return undefined
  }
}
