/**
 * A container runtime's streaming server as containerd's behaves: waits for all streams of a command, ends its outputs,
 * writes the status and closes the connection.
 */
import type { Duplex } from 'node:stream'
import { SpdyConnection, type SpdyStream } from '../../src/kubelet/streaming/spdy.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { Random } from '../../src/platform/random.ts'
import { everything } from './exchange.ts'

export interface Command {
  stdin: string | undefined
  stdout: Buffer
  stderr: Buffer
  tty: boolean
  /** The command ends without reading its input. */
  readsNothing: boolean
  status: string
}

/** Runs it on a connection; resolves with what it read, when everything was said. */
export function runCommand(socket: Duplex, random: Random, command: Command): Promise<string | undefined> {
  const wanted = ['error', 'stdout', ...(command.tty ? ['resize'] : ['stderr'])]
  if (command.stdin !== undefined) wanted.push('stdin')
  const streams: Record<string, SpdyStream> = {}
  closeWithClient(socket)
  return new Promise((resolve) => {
    new SpdyConnection(socket, {
      onStream({ streamtype = '' }, stream) {
        streams[streamtype] = stream
        if (wanted.every((name) => streams[name])) resolve(converse(socket, random, command, streams))
      },
    })
    socket.once('close', () => resolve(undefined))
  })
}

async function converse(
  socket: Duplex,
  random: Random,
  { readsNothing, stdin, stdout, stderr, status }: Command,
  streams: Record<string, SpdyStream>,
): Promise<string | undefined> {
  streams.resize?.resume()
  const reads = stdin === undefined || readsNothing ? undefined : everything(streams.stdin!)
  await Promise.all([
    written(streams.stdout!, stdout, random),
    streams.stderr && written(streams.stderr, stderr, random),
  ])
  const read = await reads
  await turns(random.int(20))
  if (random.int(2) === 0) streams.error!.end(status)
  else streams.error!.write(status)
  await turns(random.int(3))
  socket.end(() => socket.destroy())
  return read
}

async function written(stream: SpdyStream, bytes: Buffer, random: Random): Promise<void> {
  const pieceBytes = random.int(3) === 0 ? 1 + random.int(1_000) + bytes.length / 100 : 32 * 1024
  for (let start = 0; start < bytes.length && !stream.destroyed; start += Math.floor(pieceBytes)) {
    const isRoom = stream.write(bytes.subarray(start, start + Math.floor(pieceBytes)))
    if (!isRoom) await roomIn(stream)
    if (random.int(8) === 0) await turns(random.int(4))
  }
  if (!stream.destroyed) await new Promise<void>((resolve) => stream.end(resolve))
}

/** Ends the outputs of a command and says nothing more, nor reads. */
export function hang(socket: Duplex): void {
  new SpdyConnection(socket, {
    onStream({ streamtype }, stream) {
      if (streamtype === 'stdout' || streamtype === 'stderr') stream.end()
    },
  })
}

/** Ends the outputs at once and gives the status later. */
export function endAfter(socket: Duplex, clock: Clock, delayMs: number, status: string): void {
  const until = clock.sleep(delayMs)
  new SpdyConnection(socket, {
    onStream({ streamtype }, stream) {
      stream.resume()
      if (streamtype === 'error') void until.then(() => stream.end(status))
      else if (streamtype !== 'stdin') stream.end()
    },
  })
}

/** Port-forward as the runtime serves it: what comes on a data stream goes back on it. */
export function echoPorts(socket: Duplex): void {
  closeWithClient(socket)
  new SpdyConnection(socket, {
    onStream({ streamtype }, stream) {
      if (streamtype === 'data') stream.pipe(stream)
      else stream.resume().end()
    },
  })
}

function closeWithClient(socket: Duplex): void {
  socket.once('end', () => socket.destroy())
}

async function roomIn(stream: SpdyStream): Promise<void> {
  while (stream.writableNeedDrain) await turns(1)
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
