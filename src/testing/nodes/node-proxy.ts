/**
 * Logs, exec, HTTP and forwarded ports of simulated pods, and what their nodes' own servers say: straight from the rules,
 * the API server reaches them without a socket.
 */
import type { Duplex } from 'node:stream'
import { apiError, badRequest } from '../../api/errors.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { containerOf } from '../../apiserver/node-proxy/targets.ts'
import type { NodeProxy, ProxyCall } from '../../apiserver/node-proxy.ts'
import type { ApiResponse } from '../../apiserver/request.ts'
import { type Clock, rfc3339Micro } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { NodeServer } from './node-server.ts'
import type { Nodes } from './nodes.ts'
import { answerCommand } from './pod-command.ts'
import { proxied } from './pod-http.ts'
import { forwardPorts } from './pod-ports.ts'
import type { PodRules } from './pod-rules.ts'
import type { PodRule } from './rules.ts'

export interface SimulatedNodeProxyParts {
  clock: Clock
  /** Picks among a Service's endpoints. */
  random: Random
  rules: PodRules
  nodes(): Nodes | undefined
}

export function simulatedNodeProxy(parts: SimulatedNodeProxyParts): NodeProxy {
  const nodeServer = new NodeServer(parts)
  return {
    request: async (call) => {
      requireNode(parts, call)
      if (call.subresource === 'log') return logOf(parts, call)
      if (call.subresource !== 'proxy') throw badRequest('Upgrade request required')
      return call.resource === 'nodes' ? nodeServer.answer(call) : proxied(parts, call)
    },
    upgrade: async (call, socket, head) => {
      requireNode(parts, call)
      return upgrade(parts, call, socket, head)
    },
  }
}

/** A node that is lost or cut off can't be asked for logs or streams. */
function requireNode({ nodes }: SimulatedNodeProxyParts, { subresource, object }: ProxyCall): void {
  const { nodeName } = (object as Pod).spec ?? {}
  if (subresource === 'proxy' || !nodeName || nodes()?.isAlive(nodeName)) return
  throw internal(`error dialing backend: node ${JSON.stringify(nodeName)} does not answer`)
}

interface Found {
  pod: Pod
  container: string
  rule: PodRule
}

function find({ rules }: SimulatedNodeProxyParts, call: ProxyCall): Found {
  const pod = call.object as Pod
  const container = containerOf(pod, call.request.query.get('container'))
  return { pod, container, rule: rules.of(pod, container) }
}

function logOf(parts: SimulatedNodeProxyParts, call: ProxyCall): ApiResponse {
  const { pod, container, rule } = find(parts, call)
  const { query } = call.request
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
  const status = statuses.find(({ name }) => name === container)
  const quoted = `${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`
  const previous = query.get('previous') === 'true'
  if (previous && !status?.lastState?.terminated) throw badRequest(`previous terminated container ${quoted} not found`)
  if (!status || (status.state?.waiting && !previous)) {
    throw badRequest(
      `container ${quoted} is waiting to start: ${status?.state?.waiting?.reason ?? 'ContainerCreating'}`,
    )
  }
  const { logs = [] } = rule
  const given = typeof logs === 'function' ? logs(pod, container) : logs
  let lines = typeof given === 'string' ? given.replace(/\n$/, '').split('\n') : [...given]
  const tail = query.get('tailLines')
  if (tail !== null) lines = Number(tail) === 0 ? [] : lines.slice(-Number(tail))
  const startedAt = status.state?.running?.startedAt ?? status.state?.terminated?.startedAt
  const stamp = rfc3339Micro(startedAt ? Date.parse(startedAt) : parts.clock.nowMs())
  if (query.get('timestamps') === 'true') lines = lines.map((line) => `${stamp} ${line}`)
  const text = lines.map((line) => `${line}\n`).join('')
  const limit = query.get('limitBytes')
  const bytes = Buffer.from(text)
  const body = limit === null ? bytes : bytes.subarray(0, Number(limit))
  return { status: 200, headers: { 'content-type': 'text/plain' }, body }
}

async function upgrade(
  parts: SimulatedNodeProxyParts,
  call: ProxyCall,
  socket: Duplex,
  head: Uint8Array,
): Promise<ApiResponse | undefined> {
  if (call.subresource === 'portforward') return forwardPorts(parts, call, socket, head)
  if (call.subresource === 'proxy')
    throw unreachable(`${call.resource} "${call.name}" is simulated: it does not upgrade`)
  const found = find(parts, call)
  const run = parts.nodes()?.runOf(found.pod)
  if (!run?.isRunning(found.container)) throw internal(`container not found (${JSON.stringify(found.container)})`)
  await answerCommand(call, found, socket, head)
  return undefined
}

function unreachable(message: string): Error {
  return apiError({ code: 503, reason: 'ServiceUnavailable', message })
}

function internal(message: string): Error {
  return apiError({ code: 500, reason: 'InternalError', message })
}
