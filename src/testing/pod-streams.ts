/** Logs, exec and HTTP for tests, through the API server, over the same subresources that kubectl uses. */
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { ApiError } from '../api/errors.ts'
import type { Status } from '../api/types/meta/v1.ts'
import type { Transport, TransportReply } from '../client/transport.ts'
import type { ExecAnswer } from './nodes/rules.ts'

export interface LogsOptions {
  namespace?: string
  container?: string
  tailLines?: number
  previous?: boolean
}

export async function readLogs(transport: Transport, pod: string, options: LogsOptions): Promise<string> {
  const { namespace = 'default', ...rest } = options
  const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]))
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`
  const reply = await transport.send({ method: 'GET', path, headers: {} })
  const text = await textOf(reply)
  if (reply.status < 300) return text
  throw errorOf(text, reply.status)
}

export interface HttpOptions {
  namespace?: string
  /** Default GET. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string
}

export interface HttpReplyText {
  status: number
  headers: Record<string, string>
  body: string
}

/** `target`: `pods/web:8080`, `services/web:http`, `nodes/node-1`. */
export async function requestTo(
  transport: Transport,
  target: string,
  path: string,
  { namespace = 'default', method = 'GET', headers = {}, body }: HttpOptions,
): Promise<HttpReplyText> {
  const base = target.startsWith('nodes/') ? '/api/v1' : `/api/v1/namespaces/${namespace}`
  const reply = await transport.send({
    ...{ method, path: `${base}/${target}/proxy${path}`, headers },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  })
  const text = await textOf(reply)
  if (reply.headers['content-type']?.startsWith('application/json') && isStatus(text)) throw errorOf(text, reply.status)
  return { status: reply.status, headers: reply.headers, body: text }
}

/** The API server's own refusal; anything else is what the target answered. */
function isStatus(text: string): boolean {
  try {
    const { kind, apiVersion } = JSON.parse(text) as Status
    return kind === 'Status' && apiVersion === 'v1'
  } catch {
    return false
  }
}

export interface ExecOptions {
  namespace?: string
  container?: string
  stdin?: string
}

export async function runCommand(
  transport: Transport,
  pod: string,
  command: readonly string[],
  { namespace = 'default', container, stdin }: ExecOptions,
): Promise<Required<ExecAnswer>> {
  const query = new URLSearchParams(command.map((word) => ['command', word]))
  query.set('stdout', 'true')
  query.set('stderr', 'true')
  if (stdin !== undefined) query.set('stdin', 'true')
  if (container !== undefined) query.set('container', container)
  const reply = await transport.upgrade({
    method: 'GET',
    path: `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query}`,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'azh0cy10ZXN0aW5nLWtleQ==',
      'sec-websocket-protocol': protocol,
    },
  })
  if (!reply.socket) throw errorOf(Buffer.from(reply.body).toString(), reply.status)
  return converse(reply.socket, stdin)
}

const protocol = 'v5.channel.k8s.io'

/** Speaks on a socket of this process, whose handshake `ws` has to see. */
async function converse(socket: Duplex, stdin: string | undefined): Promise<Required<ExecAnswer>> {
  const output = { 1: '', 2: '', 3: '' } as Record<number, string>
  const webSocket = await handshaken(socket)
  webSocket.on('message', (data: Buffer) => {
    const channel = data[0] ?? 0
    output[channel] = (output[channel] ?? '') + data.subarray(1).toString()
  })
  const closed = new Promise<void>((resolve, reject) => {
    webSocket.once('close', () => resolve())
    webSocket.once('error', reject)
  })
  if (stdin !== undefined) {
    webSocket.send(Buffer.concat([Buffer.from([0]), Buffer.from(stdin)]))
    webSocket.send(Buffer.from([255, 0]))
  }
  await closed
  const status = JSON.parse(output[3] || '{"status":"Failure"}') as Status
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')
  const exitCode = status.status === 'Success' ? 0 : Number(cause?.message ?? 1)
  return { stdout: output[1] ?? '', stderr: output[2] ?? '', exitCode }
}

/** Takes the answer to the handshake off the socket; what follows is the client's. */
async function handshaken(socket: Duplex): Promise<WebSocket> {
  let head = Buffer.alloc(0)
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      socket.pause()
      head = head.subarray(end + 4)
      resolve()
    }
    socket.on('data', onData)
    socket.once('close', () => reject(new Error('run a command: the connection was closed')))
  })
  const webSocket = new WebSocket(null as unknown as string, undefined as unknown as string, {})
  const attach = webSocket as unknown as {
    _isServer: boolean
    setSocket(socket: Duplex, head: Buffer, options: object): void
  }
  attach._isServer = false
  attach.setSocket(socket, head, { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false })
  socket.resume()
  return webSocket
}

async function textOf({ body }: TransportReply): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function errorOf(text: string, code: number): Error {
  try {
    return new ApiError(JSON.parse(text) as Status)
  } catch {
    return new Error(`the server answered ${code}: ${text}`)
  }
}
