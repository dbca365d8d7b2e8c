/** HTTP to simulated pods: the proxies of pods and Services, and requests on forwarded ports, answered by the rules. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { apiError } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { redirectOfRoot } from '../../apiserver/node-proxy/backend-answer.ts'
import { proxyTarget } from '../../apiserver/node-proxy/targets.ts'
import type { ProxyCall } from '../../apiserver/node-proxy.ts'
import type { ApiResponse } from '../../apiserver/request.ts'
import { limits } from '../../limits.ts'
import type { SimulatedNodeProxyParts } from './node-proxy.ts'
import { fits, type HttpAnswer, type HttpCall, type PodRule } from './rules.ts'

/** Who listens at a port of a pod. */
export interface Listener {
  pod: Pod
  container: string
  port: number
  rule: PodRule
}

/** The container that names the port, else the first; undefined when it does not run or no rule answers for it. */
export function listenerAt({ rules, nodes }: PortParts, pod: Pod, port: number): Listener | undefined {
  const containers = pod.spec?.containers ?? []
  const named = containers.find(({ ports }) => ports?.some(({ containerPort }) => containerPort === port))
  const container = (named ?? containers[0])?.name ?? ''
  if (!nodes()?.runOf(pod)?.isRunning(container)) return undefined
  const rule = rules.of(pod, container)
  return rule.http || rule.tcp ? { pod, container, port, rule } : undefined
}

type PortParts = Pick<SimulatedNodeProxyParts, 'rules' | 'nodes'>

/** Throws the 503 of a pod that nobody listens in. */
export async function proxied(parts: SimulatedNodeProxyParts, call: ProxyCall): Promise<ApiResponse> {
  const target = new URL((await proxyTarget(call, { random: parts.random })).url)
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80))
  const pod = call.resource === 'pods' ? (call.object as Pod) : await podAt(call, target.hostname)
  const listener = pod && listenerAt(parts, pod, port)
  const redirect = redirectOfRoot(call)
  if (redirect) return redirect
  if (!listener?.rule.http) throw refused(`${target.hostname}:${port}`)
  const { method, query, headers, body } = call.request
  const path = call.path === '' ? '/' : call.path
  const answer = await answerOf(listener, { method, path, query, headers, body: Buffer.from(body).toString() })
  return { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body) }
}

/** On a forwarded port. */
export async function answerOnPort(
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://pod')
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const path = decodeURIComponent(url.pathname)
  const body = await bodyOf(request)
  const asked = { method: request.method ?? 'GET', path, query: url.searchParams, headers }
  const answer = body === undefined ? tooLarge : await answerOf(listener, { ...asked, body })
  response.writeHead(answer.status, { ...answer.headers }).end(answer.body)
}

const tooLarge: Required<HttpAnswer> = { status: 413, headers: {}, body: 'simulated: the body is too large\n' }

/** Undefined beyond the limit of requests to the API server. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limits.requestBodyBytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

type Asked = Omit<HttpCall, 'pod' | 'container' | 'port'>

/** A rule that fails is the application's own error. */
async function answerOf(
  listener: Listener,
  asked: Asked,
): Promise<{ status: number; headers: Record<string, string>; body: string }> {
  const { pod, container, port, rule } = listener
  const { status = 200, headers, body = '' } = await byRule(rule, { ...asked, pod, container, port })
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body }
}

async function byRule({ http }: PodRule, call: HttpCall): Promise<HttpAnswer> {
  const unknown = { status: 404, body: `simulated: no rule answers ${call.path}\n` }
  if (typeof http !== 'function') {
    const answers = (each: { path: string; port?: number }) =>
      fits(each.path, call.path) && (each.port === undefined || each.port === call.port)
    return http?.find(answers) ?? unknown
  }
  try {
    return await http(call)
  } catch (error) {
    return { status: 500, body: `simulated: the rule failed: ${String(error)}\n` }
  }
}

async function podAt({ objects, namespace }: ProxyCall, address: string): Promise<Pod | undefined> {
  const bare = address.replace(/^\[|\]$/g, '')
  const pods = await objects.list(coreV1.pods, namespace)
  return pods.find(({ status }) => status?.podIP === bare)
}

/** As the API server says it of a port that nobody listens at. */
function refused(address: string): Error {
  const message = `error trying to reach service: dial tcp ${address}: connect: connection refused`
  return apiError({ code: 503, reason: 'ServiceUnavailable', message })
}
