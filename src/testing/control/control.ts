/**
 * Time, faults, nodes, branches and waiting over HTTPS, below `/testing`, for programs in other languages and for shells. It
 * is part of the API server: who asks is known by certificate or token, and needs RBAC's word for the path as for any
 * other that is no resource. Administrators have it. Bodies are JSON or YAML; failures are a `Status`, as everywhere.
 */
import { apiError, badRequest } from '../../api/errors.ts'
import type { Exchange } from '../../apiserver/endpoints/exchange.ts'
import { jsonResponse } from '../../apiserver/http/status.ts'
import type { Extension } from '../../apiserver/nonresource/endpoints.ts'
import type { ApiResponse } from '../../apiserver/request.ts'
import { limits } from '../../limits.ts'
import { CompactedError, FutureRevisionError } from '../../store/store.ts'
import { NotSettledError } from '../activity/quiet.ts'
import type { Fault } from '../faults/faults.ts'
import type { NodeSpec } from '../nodes/node-object.ts'
import type { PodRule } from '../nodes/rules.ts'
import { RuleError } from '../nodes/rules.ts'
import type { TestCluster } from '../test-cluster.ts'
import { timelinePage } from '../timeline/page.ts'
import { parseYaml } from '../yaml.ts'

export const controlPrefix = '/testing'

/** For `createApiServer({ extension })`. What was begun through it ends with the cluster. */
export function control(cluster: TestCluster): Extension {
  const session = new Session(cluster)
  return { prefix: controlPrefix, answer: (exchange) => answer(session, exchange) }
}

interface Call {
  session: Session
  cluster: TestCluster
  body: Record<string, unknown>
  query: URLSearchParams
  /** What stands for `*` in the route. */
  word: string
}

type Answer = (call: Call) => Promise<object | string> | object | string

const routes: Readonly<Record<string, Answer>> = {
  'GET clock': ({ cluster }) => clockOf(cluster),
  'POST clock/advance': advance,
  'POST clock/step': ({ cluster, body }) => {
    cluster.clock.step(numberIn(body, 'byMs'))
    return clockOf(cluster)
  },
  'POST settled': async ({ cluster, body }) => {
    await cluster.settled(body.timeout === undefined ? {} : { timeout: body.timeout as string })
    return { settled: true }
  },
  'POST faults': ({ session, cluster, body }) => session.keep('fault', cluster.faults.add(body as Fault)),
  'DELETE faults': ({ session, cluster }) => {
    cluster.faults.clear()
    return session.forgetAll('fault')
  },
  'DELETE faults/*': ({ session, word }) => session.end('fault', word),
  'POST rules': ({ session, cluster, body }) => {
    const rules = Array.isArray(body.rules) ? (body.rules as PodRule[]) : (body as PodRule)
    return session.keep('rule', cluster.nodes.rule(rules))
  },
  'DELETE rules/*': ({ session, word }) => session.end('rule', word),
  'GET nodes': ({ cluster }) => ({ names: cluster.nodes.names }),
  'POST nodes': async ({ cluster, body }) => ({
    names: await cluster.nodes.add((body.nodes ?? 1) as number | NodeSpec[]),
  }),
  'POST nodes/*/kill': (call) => toNode(call, 'kill'),
  'POST nodes/*/partition': (call) => toNode(call, 'partition'),
  'POST nodes/*/revive': (call) => toNode(call, 'revive'),
  'GET revision': async ({ cluster }) => ({ revision: await cluster.revision() }),
  'POST reset': async ({ session, cluster }) => {
    await session.endAll()
    await cluster.reset()
    return { reset: true }
  },
  'POST forks': ({ session, body }) => session.fork(body.revision as number | undefined),
  'DELETE forks/*': ({ session, word }) => session.end('fork', word),
  'GET timeline': ({ cluster, query }) =>
    query.get('format') === 'html' ? timelinePage(cluster.timeline, 'Timeline') : `${cluster.timeline.text()}\n`,
}

async function answer(session: Session, { request, info }: Exchange): Promise<ApiResponse> {
  const words = info.path.slice(controlPrefix.length + 1).split('/')
  const starred = words.map((word, index) => (index === 1 && words[0] !== 'clock' ? '*' : word)).join('/')
  const route = routes[`${request.method} ${starred}`]
  if (!route) throw noRoute(request.method, info.path)
  const body = bodyOf(request.body)
  const call = { session, cluster: session.cluster, body, query: request.query, word: words[1] ?? '' }
  try {
    const found = await route(call)
    return typeof found === 'string' ? textResponse(found) : jsonResponse(200, found)
  } catch (error) {
    throw asRefusal(error)
  }
}

async function advance({ cluster, body }: Call): Promise<object> {
  const { by, to, exact = false } = body as { by?: string | number; to?: string; exact?: boolean }
  if ((by === undefined) === (to === undefined)) throw badRequest('advance: give either "by" or "to"')
  if (to !== undefined) await cluster.clock.advanceTo(to)
  else if (by !== undefined) await cluster.clock.advance(by, { exact })
  return clockOf(cluster)
}

async function toNode({ cluster, word }: Call, what: 'kill' | 'partition' | 'revive'): Promise<object> {
  await cluster.nodes[what](word)
  return { node: word }
}

function clockOf({ clock }: TestCluster): object {
  return { mode: clock.mode, now: clock.now().toISOString() }
}

/** What was begun over HTTPS and can be ended by its id. */
class Session {
  readonly cluster: TestCluster
  readonly #ends = new Map<string, () => void | Promise<void>>()
  #last = 0

  constructor(cluster: TestCluster) {
    this.cluster = cluster
  }

  keep(kind: string, end: () => void | Promise<void>): { id: string } {
    if (this.#ends.size >= limits.testControlsMax) {
      void end()
      const message = `there are ${limits.testControlsMax} faults, rules and forks already: end some, or reset`
      throw apiError({ code: 429, reason: 'TooManyRequests', message })
    }
    const id = String(++this.#last)
    this.#ends.set(`${kind}/${id}`, end)
    return { id }
  }

  async end(kind: string, id: string): Promise<object> {
    const end = this.#ends.get(`${kind}/${id}`)
    if (!end) throw apiError({ code: 404, reason: 'NotFound', message: `${kind} ${JSON.stringify(id)} not found` })
    this.#ends.delete(`${kind}/${id}`)
    await end()
    return { ended: id }
  }

  forgetAll(kind: string): object {
    for (const key of this.#ends.keys()) if (key.startsWith(`${kind}/`)) this.#ends.delete(key)
    return { ended: 'all' }
  }

  async endAll(): Promise<void> {
    const ends = [...this.#ends.values()]
    this.#ends.clear()
    for (const end of ends) await end()
  }

  /** With an endpoint of its own; its kubeconfig holds a key and is for who asked alone. */
  async fork(revision: number | undefined): Promise<object> {
    const branch = revision === undefined ? this.cluster.fork() : this.cluster.at(revision)
    const { id } = this.keep('fork', () => branch.stop())
    const server = await branch.serve()
    return { id, server, kubeconfig: branch.kubeconfig }
  }
}

function bodyOf(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length === 0) return {}
  try {
    const value = parseYaml(Buffer.from(bytes).toString()) ?? {}
    if (typeof value === 'object') return (Array.isArray(value) ? { rules: value } : value) as Record<string, unknown>
  } catch (error) {
    throw badRequest((error as Error).message)
  }
  throw badRequest('the body has to be an object, as JSON or YAML')
}

function numberIn(body: Record<string, unknown>, name: string): number {
  const value = body[name]
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw badRequest(`${name}: it has to be a number: ${JSON.stringify(value)}`)
}

function textResponse(text: string): ApiResponse {
  const type = text.startsWith('<!doctype') ? 'text/html' : 'text/plain'
  return { status: 200, headers: { 'content-type': `${type}; charset=utf-8` }, body: Buffer.from(text) }
}

const callerErrors = [TypeError, RangeError, RuleError, FutureRevisionError, CompactedError]

/** What the caller got wrong is theirs to read; anything else is a failure of ours. */
function asRefusal(error: unknown): unknown {
  if (error instanceof NotSettledError) {
    const causes = error.busy.map((message) => ({ reason: 'Busy', message }))
    return apiError({ code: 504, reason: 'Timeout', message: error.message, details: { causes } })
  }
  if (!(error instanceof Error)) return error
  const known = error.constructor === Error || callerErrors.some((type) => error instanceof type)
  return known ? badRequest(error.message) : error
}

function noRoute(method: string, path: string): Error {
  const known = Object.keys(routes).map((route) => route.replace(' ', ` ${controlPrefix}/`))
  const message = `there is no ${method} ${path}; there are: ${known.join(', ')}`
  return apiError({ code: 404, reason: 'NotFound', message })
}
