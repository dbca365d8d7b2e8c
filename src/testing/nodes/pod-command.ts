/**
 * `exec` and `attach` in simulated pods, answered by their rules, over a WebSocket or, for older clients, over SPDY.
 * Source: KEP-4006, client-go's `tools/remotecommand`.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { badRequest } from '../../api/errors.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Status } from '../../api/types/meta/v1.ts'
import type { ProxyCall } from '../../apiserver/node-proxy.ts'
import { SpdyConnection, type SpdyStream } from '../../kubelet/streaming/spdy.ts'
import { acceptSpdy } from '../../kubelet/streaming/spdy-accept.ts'
import { acceptWebSocket, channel, remoteCommandProtocols } from '../../kubelet/streaming/websocket.ts'
import { type ExecAnswer, fits, type PodRule } from './rules.ts'

/** Where a command runs. */
export interface Commanded {
  pod: Pod
  container: string
  rule: PodRule
}

/** Throws the refusal of a client that speaks neither. */
export async function answerCommand(
  call: ProxyCall,
  where: Commanded,
  socket: Duplex,
  head: Uint8Array,
): Promise<void> {
  if (call.request.headers.upgrade?.toLowerCase() === 'websocket') await overWebSocket(call, where, socket, head)
  else overSpdy(call, where, acceptSpdy(call.request.headers, socket, head, 'v4.channel.k8s.io'))
}

async function overWebSocket(call: ProxyCall, where: Commanded, socket: Duplex, head: Uint8Array): Promise<void> {
  const request = { method: 'GET', url: call.request.path, headers: call.request.headers } as unknown as IncomingMessage
  const accepted = await acceptWebSocket(request, socket, head, remoteCommandProtocols)
  if (!accepted) throw badRequest('unable to upgrade connection: no supported WebSocket protocol was offered')
  const { socket: webSocket, protocol } = accepted
  // Listens from now on: what is sent early must not be missed.
  const input = wants(call, 'stdin') ? inputOf(webSocket, protocol) : Promise.resolve('')
  void converse(call, where, () => input).then(({ stdout = '', stderr = '', exitCode = 0 }) => {
    const send = (number: number, said: string) => webSocket.send(Buffer.from(`${String.fromCharCode(number)}${said}`))
    if (stdout !== '') send(channel.stdout, stdout)
    if (stderr !== '') send(channel.stderr, stderr)
    send(channel.error, JSON.stringify(exitStatus(exitCode)))
    webSocket.close(1000)
  })
}

type Socket = NonNullable<Awaited<ReturnType<typeof acceptWebSocket>>>['socket']

/** What comes in until the client ends its input, which the older protocols cannot. */
function inputOf(webSocket: Socket, protocol: string): Promise<string> {
  if (protocol !== remoteCommandProtocols[0]) return Promise.resolve('')
  const parts: Buffer[] = []
  return new Promise((resolve) => {
    webSocket.on('message', (data: Buffer) => {
      if (data[0] === channel.close && data[1] === channel.stdin) resolve(Buffer.concat(parts).toString())
      else if (data[0] === channel.stdin) parts.push(data.subarray(1))
    })
    webSocket.on('close', () => resolve(Buffer.concat(parts).toString()))
  })
}

/** The client opens a stream for each of what it wants; when all are there the command is answered. */
function overSpdy(call: ProxyCall, where: Commanded, socket: Duplex): void {
  const tty = wants(call, 'tty')
  const wanted = ['stdin', 'stdout', 'stderr'].filter((name) => wants(call, name) && !(tty && name === 'stderr'))
  const expected = ['error', ...wanted, ...(tty ? ['resize'] : [])]
  const streams = new Map<string, SpdyStream>()
  new SpdyConnection(socket, {
    onStream({ streamtype = '' }, stream) {
      streams.set(streamtype, stream)
      if (!expected.every((name) => streams.has(name))) return
      const stdin = streams.get('stdin')
      void converse(call, where, async () => (stdin ? text(stdin) : '')).then(
        ({ stdout = '', stderr = '', exitCode = 0 }) => {
          streams.get('stdout')?.end(stdout)
          streams.get('stderr')?.end(stderr)
          streams.get('error')?.end(JSON.stringify(exitStatus(exitCode)))
        },
      )
    },
  })
}

function wants({ request }: ProxyCall, stream: string): boolean {
  return ['true', '1'].includes(request.query.get(stream) ?? '')
}

/** Never rejects: a rule that fails is a command that fails. */
async function converse(
  call: ProxyCall,
  { pod, container, rule }: Commanded,
  input: () => Promise<string>,
): Promise<ExecAnswer> {
  const command = call.request.query.getAll('command')
  const { exec } = rule
  const unknown: ExecAnswer = {
    stderr: `simulated: no rule answers ${JSON.stringify(command.join(' '))}\n`,
    exitCode: 127,
  }
  if (exec === undefined) return unknown
  if (typeof exec !== 'function') return exec.find((each) => fits(each.command, command.join(' '))) ?? unknown
  try {
    return await exec({ pod, container, command, stdin: await input() })
  } catch (error) {
    return { stderr: `simulated: the rule failed: ${String(error)}\n`, exitCode: 1 }
  }
}

/** As the runtime reports how a command ended. */
function exitStatus(exitCode: number): Status {
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}
