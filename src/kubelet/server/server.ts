/**
 * The node agent's HTTPS server: logs, exec, attach, port-forward, pods, health, stats. Everything but `/healthz` from
 * this machine needs a caller that the cluster lets in.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError, apiError } from '../../api/errors.ts'
import { localPath } from '../../api/local-path.ts'
import type { Client } from '../../client/client.ts'
import { messageOf } from '../../platform/log.ts'
import type { HttpRequest, Listening, Net } from '../../platform/net.ts'
import { defaults, type KubeletConfig, type KubeletServerConfig } from '../config.ts'
import type { LocalVolumes } from '../volumes/local-volumes.ts'
import { ServerAccess } from './authorize.ts'
import { kubeletConfiguration } from './configz.ts'
import { containerLogs, type RouteParts, runCommand, StreamRefused, stream } from './routes.ts'
import { agentMetrics, containerMetrics, resourceMetrics, statsSummary } from './stats.ts'

export interface ServerParts extends RouteParts {
  net: Net
  client: Client
  nodeName: string
  localVolumes: LocalVolumes
  server: KubeletServerConfig
  /** All of it, for `/configz`. */
  config: KubeletConfig
}

const stopGraceMs = 500
const notFoundText = '404 page not found\n'

export async function startServer(parts: ServerParts): Promise<Listening> {
  const { server, net, client, clock, nodeName, log } = parts
  const access = new ServerAccess(client, clock, nodeName)
  const options = {
    host: server.host ?? '0.0.0.0',
    port: server.port ?? defaults.kubeletPort,
    identity: server.identity,
    clientCaPem: server.clientCaPem,
  }
  const listening = await net.serveHttps(options, {
    request(request, answer) {
      // HTTP/2's compatible response has the same methods.
      const response = answer as ServerResponse
      handle(parts, access, request, response).catch((error: unknown) => {
        if (!response.headersSent) sendError(response, error)
        else response.destroy()
        log.debug('kubelet request failed', { path: pathOf(request), error: String(error) })
      })
    },
    upgrade(request, socket, head) {
      handleUpgrade(parts, access, { request, socket, head }).catch((error: unknown) => {
        log.debug('kubelet stream failed', { path: pathOf(request), error: String(error) })
        refuse(socket, error)
      })
    },
  })
  return { ...listening, close: (graceMs) => listening.close(Math.min(graceMs, stopGraceMs)) }
}

async function handle(
  parts: ServerParts,
  access: ServerAccess,
  request: HttpRequest,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://node')
  const [action = '', ...path] = url.pathname.split('/').slice(1).map(decodeURIComponent)
  await demandAccess(access, request, url.pathname)
  switch (action) {
    case 'healthz':
      return sendText(response, 200, 'ok')
    case 'configz':
      return sendJson(response, 200, { kubeletconfig: kubeletConfiguration(parts.config) })
    case 'pods': {
      const items = [...parts.manager.workers()].map(({ pod }) => pod)
      return sendJson(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items })
    }
    case 'containerLogs':
      return sendStream(response, (signal) => containerLogs(parts, path, url.searchParams, signal))
    case localPath.agentPath:
      if (request.method !== 'DELETE' || path.length !== 1) break
      await parts.localVolumes.remove(path[0] ?? '')
      return sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' })
    case 'run':
      return sendText(response, 200, await runCommand(parts, path, url.searchParams))
    case 'stats':
      if (path[0] === 'summary') return sendJson(response, 200, await statsSummary(parts, parts.nodeName))
      break
    case 'metrics':
      if (path.length === 0) return sendMetrics(response, agentMetrics(parts, parts.nodeName))
      if (path[0] === 'resource') return sendMetrics(response, await resourceMetrics(parts))
      if (path[0] === 'cadvisor') return sendMetrics(response, await containerMetrics(parts))
      break
    case 'exec':
    case 'attach':
    case 'portForward':
      throw apiError({ code: 400, reason: 'BadRequest', message: 'Upgrade request required' })
  }
  sendText(response, 404, notFoundText)
}

async function handleUpgrade(
  parts: ServerParts,
  access: ServerAccess,
  upgrade: { request: IncomingMessage; socket: Duplex; head: Uint8Array },
): Promise<void> {
  const url = new URL(upgrade.request.url ?? '/', 'https://node')
  await demandAccess(access, upgrade.request, url.pathname)
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent)
  if (!['exec', 'attach', 'portForward'].includes(path[0] ?? '')) throw new StreamRefused(404, notFoundText.trim())
  await stream(parts, path, url.searchParams, upgrade)
}

async function demandAccess(access: ServerAccess, request: HttpRequest, path: string): Promise<void> {
  const verdict = await access.check(request, path)
  if (verdict === 'unauthenticated') throw apiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
  if (verdict === 'forbidden') throw apiError({ code: 403, reason: 'Forbidden', message: 'Forbidden' })
}

function pathOf(request: HttpRequest): string {
  return (request.url ?? '').split('?')[0] ?? ''
}

function sendText(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(body)
}

function sendMetrics(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  response.end(body)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function sendError(response: ServerResponse, error: unknown): void {
  const status = statusOf(error)
  sendJson(response, status.code ?? 500, status)
}

function statusOf(error: unknown): ApiError['status'] {
  if (error instanceof ApiError) return error.status
  const message = messageOf(error)
  const code = error instanceof StreamRefused ? error.status : 500
  return apiError({ code, reason: code === 500 ? 'InternalError' : 'BadRequest', message }).status
}

/** Streams to the end or until the client goes away. The head goes first: a log that is followed may stay silent. */
async function sendStream(
  response: ServerResponse,
  open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const chunks = await open(gone.signal)
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.flushHeaders()
  for await (const chunk of chunks) {
    if (gone.signal.aborted) return
    if (!response.write(chunk)) await drained(response, gone.signal)
  }
  response.end()
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', () => resolve())
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function refuse(socket: Duplex, error: unknown): void {
  if (socket.destroyed || !socket.writable) return
  const status = statusOf(error)
  const body = JSON.stringify(status)
  const lines = [
    `HTTP/1.1 ${status.code ?? 500} ${status.reason ?? 'Error'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
