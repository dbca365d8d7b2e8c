/**
 * One probe or hook action run once: exec, HTTP, TCP, gRPC. Outcomes carry upstream's words, as they end up in events.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#probe-check-methods
 */

import { joinHostPort } from '../../api/addresses.ts'
import type { Container, HTTPGetAction, Pod, ProbeHandler } from '../../api/types/core/v1.ts'
import { type ConnectGrpc, GrpcError, grpcCode } from '../../platform/grpc.ts'
import { messageOf } from '../../platform/log.ts'
import type { Net } from '../../platform/net.ts'
import { RuntimeError, type RuntimeService, grpcCode as runtimeCode } from '../cri/runtime.ts'

export interface Outcome {
  /** `error`: it could not be found out. */
  result: 'success' | 'failure' | 'error'
  output: string
}

export interface HandlerParts {
  runtime: RuntimeService
  net: Net
  connectGrpc: ConnectGrpc
}

export interface Target {
  pod: Pod
  container: Container
  containerId: string
  /** Address of the pod. */
  ip: string
}

const outputBytesMax = 10 * 1024
const redirectsMax = 10

export async function runHandler(
  parts: HandlerParts,
  target: Target,
  handler: ProbeHandler,
  timeoutMs: number,
): Promise<Outcome> {
  if (handler.exec) return execute(parts.runtime, target.containerId, handler.exec.command ?? [], timeoutMs)
  if (handler.httpGet) return get(parts.net, target, handler.httpGet, timeoutMs)
  if (handler.tcpSocket) {
    const port = portOf(target.container, handler.tcpSocket.port)
    return dial(parts.net, handler.tcpSocket.host || target.ip, port, timeoutMs)
  }
  if (handler.grpc) {
    const { port, service = '' } = handler.grpc
    return checkHealth(parts.connectGrpc, joinHostPort(target.ip, port), service, timeoutMs)
  }
  return { result: 'error', output: `missing probe handler for ${target.container.name}` }
}

async function execute(
  runtime: RuntimeService,
  id: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<Outcome> {
  const timeoutSeconds = Math.ceil(timeoutMs / 1000)
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(id, command, timeoutSeconds)
    const output = Buffer.concat([stdout, stderr]).subarray(0, outputBytesMax).toString()
    return { result: exitCode === 0 ? 'success' : 'failure', output }
  } catch (error) {
    if (error instanceof RuntimeError && error.code === runtimeCode.deadlineExceeded)
      return {
        result: 'failure',
        output: `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutSeconds}s`,
      }
    return { result: 'error', output: messageOf(error) }
  }
}

/** The number of a port given by number or by its name in the container. Throws when the name is not there. */
export function portOf(container: Container, port: number | string): number {
  if (typeof port === 'number') return port
  const named = container.ports?.find(({ name }) => name === port)
  if (named) return named.containerPort
  if (/^\d+$/.test(port)) return Number(port)
  throw new Error(`couldn't find port: ${port} in ${container.name}`)
}

async function get(net: Net, target: Target, action: HTTPGetAction, timeoutMs: number): Promise<Outcome> {
  let url = urlOf(target, action)
  const { hostname } = new URL(url)
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close' }
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value
  try {
    for (let redirects = 0; ; redirects++) {
      const reply = await fetchOnce(net, url, headers, timeoutMs)
      const location = reply.headers.location
      const next = location && reply.status >= 300 && reply.status < 400 ? new URL(location, url) : undefined
      if (next?.hostname === hostname && redirects < redirectsMax) {
        url = next.href
        continue
      }
      const good = reply.status >= 200 && reply.status < 400
      if (good) return { result: 'success', output: reply.body }
      return { result: 'failure', output: `HTTP probe failed with statuscode: ${reply.status}` }
    }
  } catch (error) {
    return { result: 'failure', output: `Get ${JSON.stringify(url)}: ${dialText(error, new URL(url))}` }
  }
}

function urlOf({ container, ip }: Target, { scheme, host, port, path = '' }: HTTPGetAction): string {
  const protocol = (scheme ?? 'HTTP').toLowerCase()
  const authority = joinHostPort(host || ip, portOf(container, port))
  return `${protocol}://${authority}${path.startsWith('/') ? path : `/${path}`}`
}

async function fetchOnce(
  net: Net,
  url: string,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<{ status: number; headers: Record<string, string>; body: string }> {
  const reply = await net.request({ method: 'GET', url, headers, tls: { insecureSkipVerify: true }, timeoutMs })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of reply.body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= outputBytesMax) break
  }
  return {
    status: reply.status,
    headers: reply.headers,
    body: Buffer.concat(chunks).subarray(0, outputBytesMax).toString(),
  }
}

async function dial(net: Net, host: string, port: number, timeoutMs: number): Promise<Outcome> {
  try {
    const socket = await net.connectTcp({ host, port, timeoutMs })
    socket.destroy()
    return { result: 'success', output: '' }
  } catch (error) {
    return { result: 'failure', output: dialText(error, new URL(`tcp://${joinHostPort(host, port)}`)) }
  }
}

/** A connection failure as Go's net package words it. */
function dialText(error: unknown, { host, port, protocol }: URL): string {
  const { code = '', message = String(error) } = error as { code?: string; message?: string }
  const address = port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`
    case 'ECONNRESET':
      return `read tcp ${address}: read: connection reset by peer`
    case 'ETIMEDOUT':
      return protocol === 'tcp:'
        ? `dial tcp ${address}: i/o timeout`
        : 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    default:
      return message
  }
}

/** The health protocol of gRPC: `HealthCheckRequest{service = 1}`, `HealthCheckResponse{status = 1}`. */
async function checkHealth(connect: ConnectGrpc, target: string, service: string, timeoutMs: number): Promise<Outcome> {
  const channel = connect({ target })
  const name = Buffer.from(service)
  const request = service === '' ? new Uint8Array() : Buffer.concat([Buffer.from([10, name.length]), name])
  try {
    const reply = await channel.unary('/grpc.health.v1.Health/Check', request, { timeoutMs })
    const status = reply[0] === 8 ? (reply[1] ?? 0) : 0
    if (status === 1) return { result: 'success', output: 'service healthy' }
    const names = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
    return {
      result: 'failure',
      output: `service unhealthy (responded with ${JSON.stringify(names[status] ?? status)})`,
    }
  } catch (error) {
    return { result: 'failure', output: healthFailure(error, target, timeoutMs) }
  } finally {
    channel.close()
  }
}

function healthFailure(error: unknown, target: string, timeoutMs: number): string {
  if (!(error instanceof GrpcError)) return `error: health rpc probe failed: ${String(error)}`
  if (error.code === grpcCode.unimplemented)
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`
  if (error.code === grpcCode.deadlineExceeded || error.code === grpcCode.unavailable)
    return `timeout: failed to connect service ${JSON.stringify(target)} within ${timeoutMs / 1000}s: ${error.details}`
  return `error: health rpc probe failed: ${error.details}`
}
