/** One request on its way through the endpoint: the request, what it means, whose it is. */
import { limits } from '../../limits.ts'
import { ownTurn } from '../../platform/turn.ts'
import type { Caller } from '../registry/parts.ts'
import type { ApiRequest, ApiResponse, RequestInfo, UserInfo } from '../request.ts'

export interface Exchange {
  request: ApiRequest
  info: RequestInfo
  user: UserInfo
  /** Texts for `Warning` headers, in order, each once. */
  warnings: Set<string>
  /** Adds an annotation to the request's audit event. Absent: it has none. */
  annotate?(key: string, value: string, level?: 'Metadata' | 'Request'): void
}

export function callerOf({ request, user, warnings, annotate }: Exchange): Caller {
  return {
    user,
    manager: request.query.get('fieldManager') || managerOfAgent(request.headers['user-agent'] ?? ''),
    warn: (text) => {
      warnings.add(text)
    },
    ...(annotate ? { annotate } : {}),
    ...pauseOf(request),
  }
}

/** Between the steps of a large request, so that others do not wait for all of them. */
export function pauseOf({ body }: ApiRequest): Pick<Caller, 'pause'> {
  return body.length < limits.pauseFromBytes ? {} : { pause: ownTurn }
}

const managerLengthMax = 128
const warningLengthMax = 256
const warningsLengthMax = 4096

/** What most agents say, kept as it is. */
const plainManager = /^[\x21-\x7e]{1,128}$/

/** The part before the first slash, printable, cut to what a manager may be. */
function managerOfAgent(agent: string): string {
  const first = agent.split('/', 1)[0] ?? ''
  if (plainManager.test(first)) return first
  return [...first.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')].slice(0, managerLengthMax).join('')
}

/**
 * Adds the collected warnings as header values (RFC 7234, code 299). Beyond 4,096 characters in all each is cut to 256,
 * and what then does not fit is left out; so are those with control characters, which no header may have.
 */
export function withWarnings(response: ApiResponse, { warnings }: Exchange): ApiResponse {
  if (warnings.size === 0) return response
  const texts = [...warnings]
    .filter((text) => text !== '' && !/\p{Cc}/u.test(text))
    .map((text) => [...text.toWellFormed()])
  const values = fitting(texts).map((text) => `299 - "${text.replace(/["\\]/g, '\\$&')}"`)
  return { ...response, warnings: values }
}

/** The texts, as characters, that are sent. */
function fitting(texts: readonly string[][]): string[] {
  const total = texts.reduce((sum, { length }) => sum + length, 0)
  if (total <= warningsLengthMax) return texts.map((text) => text.join(''))
  const sent: string[] = []
  let length = 0
  for (const text of texts) {
    if (length >= warningsLengthMax) break
    const cut = text.slice(0, warningLengthMax)
    length += cut.length
    sent.push(cut.join(''))
  }
  return sent
}
