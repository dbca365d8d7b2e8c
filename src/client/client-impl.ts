/** The client on any transport: requests as JSON, answers checked, failures as `ApiError` or `TransportError`. */
import { parseNearly } from '../api/codec/exact-json.ts'
import { ApiError } from '../api/errors.ts'
import { apiVersionOf, type KubeList, type KubeObject, type Resource } from '../api/meta.ts'
import type { Status } from '../api/types/meta/v1.ts'
import { parsedLines, readAll } from './body.ts'
import { carriedBy } from './carried.ts'
import type {
  Client,
  DeleteOptions,
  ListOptions,
  Patch,
  ResourceClient,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client.ts'
import { pathOf, queryOf } from './paths.ts'
import type { Transport, TransportReply, TransportRequest } from './transport.ts'
import { asTransportError } from './transport-error.ts'

export interface ClientOptions {
  /** `user-agent` of each request. Default 'k8ts'. */
  userAgent?: string
  /** Field manager of writes that don't name one. Default: the user agent, which the server cuts at the first slash. */
  fieldManager?: string
  /**
   * Every answer may be shared with others in this process: never to be changed, and perhaps without managed fields. For
   * components that run beside their server. Default false.
   */
  shared?: boolean
}

interface Call {
  method: TransportRequest['method']
  path: string
  body?: unknown
  contentType?: string
  accept?: string
  /** The answer may be shared with others in this process. */
  shared?: boolean
  signal?: AbortSignal | undefined
}

export function createClient(transport: Transport, options: ClientOptions = {}): Client {
  const caller = new Caller(transport, options)
  return {
    of: <T extends KubeObject>(resource: Resource<T>, namespace?: string) =>
      new ResourceClientImpl<T>(caller, resource, namespace),
    raw: <T>(method: TransportRequest['method'], path: string, body?: unknown, options?: { accept?: string }) =>
      caller.json<T>({ method, path, body, ...options }),
  }
}

class Caller {
  readonly #transport: Transport
  readonly userAgent: string
  readonly fieldManager: string | undefined
  readonly #shared: boolean

  constructor(transport: Transport, { userAgent = 'k8ts', fieldManager, shared = false }: ClientOptions) {
    this.#shared = shared
    this.#transport = transport
    this.userAgent = userAgent
    this.fieldManager = fieldManager
  }

  async json<T>(call: Call): Promise<T> {
    const reply = await this.send(call)
    const mayShare = call.shared || this.#shared
    const [value] = mayShare && reply.body instanceof Uint8Array ? (carriedBy(reply.body) ?? []) : []
    if (value) return value() as T
    const text = await this.#guard(call, async () => (await readAll(reply.body)).toString('utf8'))
    if (text === '') return undefined as T
    try {
      return parseNearly(text) as T
    } catch (error) {
      throw asTransportError(`${call.method} ${call.path}: the answer is not JSON`, error)
    }
  }

  /** The reply once it is known to be a success. */
  async send(call: Call): Promise<TransportReply> {
    const headers: Record<string, string> = {
      accept: call.accept ?? 'application/json',
      'user-agent': this.userAgent,
    }
    const request: TransportRequest = { method: call.method, path: call.path, headers }
    if (call.signal) request.signal = call.signal
    if (call.body !== undefined) {
      headers['content-type'] = call.contentType ?? 'application/json'
      request.body = Buffer.from(JSON.stringify(call.body))
    }
    const reply = await this.#guard(call, () => this.#transport.send(request))
    if (reply.status >= 200 && reply.status < 300) return reply
    const text = await this.#guard(call, async () => (await readAll(reply.body)).toString('utf8'))
    throw errorOf(call, reply.status, text)
  }

  async #guard<T>(call: Call, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason
      throw asTransportError(`${call.method} ${call.path}`, error)
    }
  }
}

/** The Status the server sent, or one made from a plain-text answer. */
function errorOf(call: Call, code: number, text: string): ApiError {
  try {
    const status = JSON.parse(text) as Status
    if (status.kind === 'Status') return new ApiError({ ...status, code: status.code ?? code })
  } catch {
    // Not JSON: a proxy or a panic answered.
  }
  const message = text.trim().slice(0, 1024) || `${call.method} ${call.path}: the server answered ${code}`
  const reason = reasons[code] ?? ''
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code })
}

const reasons: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

const patchTypes: Record<Patch['type'], string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

class ResourceClientImpl<T extends KubeObject> implements ResourceClient<T> {
  readonly #caller: Caller
  readonly #resource: Resource<T>
  readonly #namespace: string | undefined

  constructor(caller: Caller, resource: Resource<T>, namespace: string | undefined) {
    this.#caller = caller
    this.#resource = resource
    this.#namespace = namespace
  }

  async get(name: string, options: { resourceVersion?: string; signal?: AbortSignal } = {}): Promise<T> {
    const path = this.#path({ name }) + queryOf({ resourceVersion: options.resourceVersion })
    return this.#caller.json({ method: 'GET', path, signal: options.signal })
  }

  async list({ signal, shared = false, ...query }: ListOptions = {}): Promise<KubeList<T>> {
    return this.#caller.json({ method: 'GET', path: this.#path({}) + queryOf({ ...query }), signal, shared })
  }

  async *watch({ signal, shared = false, ...query }: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const match = query.sendInitialEvents === undefined ? {} : { resourceVersionMatch: 'NotOlderThan' }
    const path = this.#path({}) + queryOf({ watch: true, ...query, ...match })
    try {
      const reply = await this.#caller.send({ method: 'GET', path, signal })
      for await (const event of parsedLines(reply.body, { shared })) yield event as WatchEvent<T>
    } catch (error) {
      if (signal?.aborted) return
      throw error instanceof ApiError ? error : asTransportError(`watching ${this.#resource.plural}`, error)
    }
  }

  async create(object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace } = object.metadata
    return this.#write('POST', this.#path({ namespace }), this.#complete(object), options)
  }

  async update(object: T, options: WriteOptions = {}): Promise<T> {
    const { name = '', namespace } = object.metadata
    return this.#write('PUT', this.#path({ name, namespace }), this.#complete(object), options)
  }

  async patch(name: string, patch: Patch, options: WriteOptions = {}): Promise<T> {
    return this.#patch(this.#path({ name }), patch, options)
  }

  async delete(name: string, options: DeleteOptions = {}): Promise<T | Status> {
    const body = deleteBody(options)
    return this.#caller.json({ method: 'DELETE', path: this.#path({ name }), body, signal: options.signal })
  }

  async deleteCollection(options: DeleteOptions & ListOptions = {}): Promise<unknown> {
    const { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch, signal } = options
    const query = { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch }
    const path = this.#path({}) + queryOf({ ...query, continue: options.continue })
    return this.#caller.json({ method: 'DELETE', path, body: deleteBody(options), signal })
  }

  async updateStatus(object: T, options: WriteOptions = {}): Promise<T> {
    const { name = '', namespace } = object.metadata
    const path = this.#path({ name, namespace, subresource: 'status' })
    return this.#write('PUT', path, this.#complete(object), options)
  }

  async patchStatus(name: string, patch: Patch, options: WriteOptions = {}): Promise<T> {
    return this.#patch(this.#path({ name, subresource: 'status' }), patch, options)
  }

  async getSub<S>(name: string, subresource: string): Promise<S> {
    return this.#caller.json({ method: 'GET', path: this.#path({ name, subresource }) })
  }

  async createSub<S>(name: string, subresource: string, body: S, options: WriteOptions = {}): Promise<S> {
    return this.#write('POST', this.#path({ name, subresource }), body, options)
  }

  async updateSub<S>(name: string, subresource: string, body: S, options: WriteOptions = {}): Promise<S> {
    return this.#write('PUT', this.#path({ name, subresource }), body, options)
  }

  #path(parts: { name?: string; namespace?: string | undefined; subresource?: string }): string {
    const namespace = this.#namespace ?? parts.namespace
    return pathOf({ ...parts, resource: this.#resource, namespace })
  }

  #complete(object: T): T {
    if (object.kind !== undefined && object.apiVersion !== undefined) return object
    return { ...object, apiVersion: apiVersionOf(this.#resource), kind: this.#resource.kind }
  }

  #write<R>(method: 'POST' | 'PUT', path: string, body: unknown, options: WriteOptions): Promise<R> {
    return this.#caller.json({ method, path: path + this.#writeQuery(options), body, signal: options.signal })
  }

  #patch(path: string, patch: Patch, options: WriteOptions): Promise<T> {
    const force = patch.type === 'apply' && patch.force === true ? true : undefined
    const fieldManager = options.fieldManager ?? this.#caller.fieldManager ?? this.#caller.userAgent
    return this.#caller.json({
      method: 'PATCH',
      path: path + this.#writeQuery(patch.type === 'apply' ? { ...options, fieldManager } : options, { force }),
      body: patch.type === 'json' ? patch.operations : patch.patch,
      contentType: patchTypes[patch.type],
      signal: options.signal,
    })
  }

  #writeQuery({ dryRun, fieldManager }: WriteOptions, more: Record<string, true | undefined> = {}): string {
    const manager = fieldManager ?? this.#caller.fieldManager
    return queryOf({ dryRun: dryRun === true ? 'All' : undefined, fieldManager: manager, ...more })
  }
}

function deleteBody(options: DeleteOptions): unknown {
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options
  const body: Record<string, unknown> = { apiVersion: 'v1', kind: 'DeleteOptions' }
  if (gracePeriodSeconds !== undefined) body.gracePeriodSeconds = gracePeriodSeconds
  if (propagationPolicy !== undefined) body.propagationPolicy = propagationPolicy
  if (preconditions !== undefined) body.preconditions = preconditions
  if (dryRun === true) body.dryRun = ['All']
  return body
}
