/**
 * Follows one request from the moment its caller is known to the end of its answer, and hands a record of each stage to
 * the back ends. Without a policy nothing of this exists.
 *
 * Source: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/.
 */
import { ApiError } from '../../api/errors.ts'
import { limits } from '../../limits.ts'
import { type Clock, rfc3339Micro } from '../../platform/clock.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { auditIdOf } from '../http/audit-id.ts'
import { asApiError } from '../http/status.ts'
import { Counter, counter, type Family, type Sample } from '../metrics/families.ts'
import { type ApiRequest, type ApiResponse, isLongRunning, type RequestInfo, type UserInfo } from '../request.ts'
import { documentOf, isSensitive, withoutManagedFields } from './documents.ts'
import { type AuditEvent, auditUser, completed, objectReference, sourceIps } from './event.ts'
import { type AuditDecision, type AuditPolicy, type AuditStage, atLeast, decide } from './policy.ts'

/** Where events go. */
export interface AuditSink {
  /** `log` or `webhook`. */
  readonly name?: string
  /** Events that it could not hand on. */
  readonly lost?: number
  /** Resolves when the event is taken; rejects when it is lost and the request shall fail for that. */
  write(event: AuditEvent): Promise<void> | undefined
  /** Resolves when everything taken was handed on, or cannot be. */
  close(): Promise<void>
}

export interface AuditorParts {
  policy: AuditPolicy
  sinks: readonly AuditSink[]
  clock: Clock
  random: Random
  log: Logger
}

export class Auditor {
  readonly #parts: AuditorParts
  readonly #random: Random
  readonly counts = { events: 0, requestsRejected: 0 }
  readonly #levels = new Counter('apiserver_audit_level_total', 'Requests by the level that the policy gives them.', [
    'level',
  ])

  constructor(parts: AuditorParts) {
    this.#parts = parts
    this.#random = parts.random.stream('audit')
  }

  get families(): readonly Family[] {
    const { events, requestsRejected } = this.counts
    return [
      counter('apiserver_audit_event_total', 'Events that were recorded.', events),
      counter(
        'apiserver_audit_requests_rejected_total',
        'Requests refused for what was not recorded.',
        requestsRejected,
      ),
      this.#levels,
      {
        ...{ name: 'apiserver_audit_error_total', type: 'counter' },
        help: 'Events that were lost, by who was to take them.',
        samples: () =>
          this.#parts.sinks.flatMap(({ name, lost }): Sample[] => (name ? [[{ plugin: name }, lost ?? 0]] : [])),
      },
    ]
  }

  /** Undefined: the policy records nothing of the request. `user` absent: its credentials were wrong. */
  begin(request: ApiRequest, info: RequestInfo, user: UserInfo | undefined): AuditTrail | undefined {
    const decision = decide(this.#parts.policy, info, user)
    this.#levels.add([decision.level])
    if (decision.level === 'None') return undefined
    const auditId = auditIdOf(request, this.#random)
    const write = async (event: AuditEvent) => await this.#write(event)
    return new AuditTrail({ request, info, user, decision, auditId, clock: this.#parts.clock, write })
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.sinks.map((sink) => sink.close()))
  }

  async #write(event: AuditEvent): Promise<void> {
    this.counts.events += 1
    try {
      for (const sink of this.#parts.sinks) await sink.write(event)
    } catch (error) {
      this.#parts.log.error('an audit event was lost', { auditID: event.auditID, error: messageOf(error) })
      if (event.stage !== 'RequestReceived') return
      this.counts.requestsRejected += 1
      throw error
    }
  }
}

interface TrailParts {
  request: ApiRequest
  info: RequestInfo
  user: UserInfo | undefined
  decision: AuditDecision
  auditId: string
  clock: Clock
  write(event: AuditEvent): Promise<void>
}

/** One audited request. */
export class AuditTrail {
  readonly #parts: TrailParts
  readonly #receivedAt: string
  readonly #annotations = new Map<string, string>()
  #impersonated: UserInfo | undefined
  #panic = false

  constructor(parts: TrailParts) {
    this.#parts = parts
    this.#receivedAt = rfc3339Micro(parts.clock.nowMs())
  }

  /** The first value of a key stays. */
  annotate(key: string, value: string, level: 'Metadata' | 'Request' = 'Metadata'): void {
    if (!atLeast(this.#parts.decision.level, level) || this.#annotations.has(key)) return
    this.#annotations.set(key, value.slice(0, limits.auditAnnotationLengthMax))
  }

  impersonates(user: UserInfo): void {
    this.#impersonated = user
  }

  /** Rejects when events must not be lost and this one was: the request is not served then. */
  async received(): Promise<void> {
    await this.#write('RequestReceived', {})
  }

  /** Tells an answer that was meant from one of a mistake in the server. */
  failed(error: unknown): void {
    if (!(error instanceof ApiError) && !this.#parts.request.signal.aborted) this.#panic = true
  }

  /** Of a request whose credentials were wrong. */
  async refused(error: unknown): Promise<void> {
    const { headers, peerCertificate } = this.#parts.request
    const tried = [...(peerCertificate ? ['x509'] : []), ...(headers.authorization ? ['bearer'] : [])]
    const message =
      tried.length === 0
        ? 'Authentication failed, no credentials provided'
        : `Authentication failed, attempted: ${tried.join(', ')}`
    const code = asApiError(error).status.code ?? 401
    await this.#write('ResponseStarted', { responseStatus: { metadata: {}, message, code } })
  }

  /** Writes what is known when the answer begins, and the rest when it has ended. Returns the answer to send. */
  async answered(response: ApiResponse): Promise<ApiResponse> {
    const headers = { ...response.headers, 'audit-id': this.#parts.auditId }
    const { body } = response
    if (body instanceof Uint8Array) {
      await this.#complete(response, body)
      return { ...response, headers }
    }
    if (isLongRunning(this.#parts.info)) {
      await this.#write('ResponseStarted', { responseStatus: statusOf(response) })
      return { ...response, headers, body: observed(body, 0, () => this.#complete(response, undefined)) }
    }
    const keptMax = this.#showsAnswer ? limits.auditAnswerBytesMax : 0
    return { ...response, headers, body: observed(body, keptMax, (kept) => this.#complete(response, kept)) }
  }

  /** An upgraded connection: it has begun, and its end is its own affair. */
  async switched(): Promise<void> {
    await this.#write('ResponseStarted', { responseStatus: { metadata: {}, code: 101 } })
  }

  async switchedEnd(): Promise<void> {
    await this.#write('ResponseComplete', { responseStatus: { metadata: {}, code: 101 } })
  }

  get #showsAnswer(): boolean {
    return this.#parts.decision.level === 'RequestResponse' && !isSensitive(this.#parts.info)
  }

  async #complete(response: ApiResponse, body: Uint8Array | undefined): Promise<void> {
    const isError = response.status >= 400
    const shown = body && (isError || this.#showsAnswer) ? await this.#document(response.headers, body) : undefined
    const more = {
      responseStatus: statusOf(response, shown, isSensitive(this.#parts.info)),
      ...(this.#showsAnswer && shown !== undefined ? { responseObject: shown } : {}),
    }
    if (this.#panic) await this.#write('Panic', more)
    else await this.#write('ResponseComplete', more)
  }

  async #document(headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<unknown> {
    const document = await documentOf(headers['content-type'], body)
    return this.#parts.decision.omitManagedFields ? withoutManagedFields(document) : document
  }

  async #write(stage: AuditStage, more: Partial<AuditEvent>): Promise<void> {
    const { decision, write } = this.#parts
    if (decision.omitStages.has(stage)) return
    await write(await this.#event(stage, more))
  }

  async #event(stage: AuditStage, more: Partial<AuditEvent>): Promise<AuditEvent> {
    const { request, info, user, decision, auditId, clock } = this.#parts
    const given = stage === 'RequestReceived' ? undefined : await this.#given()
    const reference = completed(objectReference(info), given)
    const agent = request.headers['user-agent']
    const query = request.query.toString()
    const showsGiven = given !== undefined && atLeast(decision.level, 'Request') && !isSensitive(info)
    return {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: decision.level,
      auditID: auditId,
      stage,
      requestURI: query === '' ? request.path : `${request.path}?${query}`,
      verb: info.verb,
      user: auditUser(user),
      ...this.#impersonation(),
      sourceIPs: sourceIps(request),
      ...(agent ? { userAgent: agent.slice(0, 1024) } : {}),
      ...(reference ? { objectRef: reference } : {}),
      ...(more.responseStatus ? { responseStatus: more.responseStatus } : {}),
      ...(showsGiven ? { requestObject: given } : {}),
      ...(more.responseObject === undefined ? {} : { responseObject: more.responseObject }),
      requestReceivedTimestamp: this.#receivedAt,
      stageTimestamp: stage === 'RequestReceived' ? this.#receivedAt : rfc3339Micro(clock.nowMs()),
      ...(this.#annotations.size === 0 ? {} : { annotations: Object.fromEntries(this.#annotations) }),
    }
  }

  #impersonation(): Pick<AuditEvent, 'impersonatedUser' | 'authenticationMetadata'> {
    if (!this.#impersonated) return {}
    const { impersonationConstraint } = this.#impersonated
    return {
      impersonatedUser: auditUser(this.#impersonated),
      ...(impersonationConstraint ? { authenticationMetadata: { impersonationConstraint } } : {}),
    }
  }

  /** The request's own object, where it is shown or names what is created. */
  async #given(): Promise<unknown> {
    const { request, info, decision } = this.#parts
    const names = info.isResourceRequest && info.verb === 'create' && info.name === ''
    if (!info.isResourceRequest || (!names && !atLeast(decision.level, 'Request'))) return undefined
    return await this.#document(request.headers, request.body)
  }
}

/** `sensitive`: what is wrong with a secret may quote it, so only the code is said. */
function statusOf({ status }: ApiResponse, document?: unknown, sensitive = false): Record<string, unknown> {
  const given = document as Record<string, unknown> | undefined
  if (status < 400 || given?.kind !== 'Status') return { metadata: {}, code: status }
  const { status: word, message, reason, details } = given
  const said = sensitive && (status === 400 || status === 422) ? {} : { message, details }
  const { message: text, details: more } = said as { message?: unknown; details?: unknown }
  return {
    metadata: {},
    ...(word === undefined ? {} : { status: word }),
    ...(text === undefined ? {} : { message: text }),
    ...(reason === undefined ? {} : { reason }),
    ...(more === undefined ? {} : { details: more }),
    code: status,
  }
}

/** Passes chunks on and calls back once at their end, with what they were if it is not more than `keptMax` bytes. */
function observed(
  body: AsyncIterable<Uint8Array>,
  keptMax: number,
  ended: (kept: Uint8Array | undefined) => Promise<void>,
): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  let over = false
  const end = async () => {
    if (over) return
    over = true
    await ended(keptMax > 0 && bytes <= keptMax ? Buffer.concat(chunks) : undefined)
  }
  return {
    [Symbol.asyncIterator]() {
      const iterator = body[Symbol.asyncIterator]()
      return {
        async next() {
          const next = await iterator.next().catch(async (error: unknown) => {
            await end()
            throw error
          })
          if (next.done) await end()
          else {
            bytes += next.value.length
            if (bytes <= keptMax) chunks.push(next.value)
            else chunks.length = 0
          }
          return next
        },
        async return() {
          await iterator.return?.()
          await end()
          return { done: true, value: undefined }
        },
      }
    },
  }
}
