/**
 * How long a server waits for slow clients. Each holds memory and a socket while it sends its request byte by byte or
 * does not read its answer; none may do so for good.
 */

import type { Server } from 'node:http'
import type { Http2SecureServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { ServerPatience } from '../net.ts'

interface Progress {
  /** Bytes that left, by the last look. */
  sent: number
  looks: number
}

/** A socket or stream as far as this is concerned. */
type Sender = Socket | ServerHttp2Stream

const looksPerStall = 4
const endStreamFlag = 1

/** Ends connections and streams that take nothing of what waits for them, until the server closes. */
export function endStalled(server: Server | Http2SecureServer, { stallMs }: ServerPatience): void {
  const senders = new Map<Sender, Progress>()
  const watch = (sender: Sender): void => {
    senders.set(sender, { sent: 0, looks: 0 })
    sender.once('close', () => senders.delete(sender))
  }
  server.on('secureConnection', watch)
  server.on('connection', (socket: Socket) => {
    if (!('setSecureContext' in server)) watch(socket)
  })
  server.on('session', (session: ServerHttp2Session) =>
    session.on('stream', (stream: ServerHttp2Stream) => watch(stream)),
  )
  const timer = setInterval(() => {
    for (const [sender, progress] of senders) {
      if (stalled(sender, progress)) sender.destroy()
    }
  }, stallMs / looksPerStall)
  server.once('close', () => clearInterval(timer))
  timer.unref()
}

function stalled(sender: Sender, progress: Progress): boolean {
  const waiting = sender.writableLength
  const sent = 'bytesWritten' in sender ? (sender.bytesWritten as number) - waiting : -waiting
  progress.looks = waiting > 0 && sent === progress.sent ? progress.looks + 1 : 0
  progress.sent = sent
  return progress.looks >= looksPerStall
}

/** Resets streams whose request has not come in whole; HTTP/1.1 has a setting for it. */
export function limitRequestTime(session: ServerHttp2Session, { requestMs }: ServerPatience): void {
  session.on('stream', (stream, _headers, flags) => {
    if ((flags & endStreamFlag) !== 0) return
    const timer = setTimeout(() => stream.close(resetCancel), requestMs)
    timer.unref()
    const settle = (): void => clearTimeout(timer)
    stream.once('end', settle)
    stream.once('close', settle)
  })
}

/** HTTP/2's CANCEL. */
const resetCancel = 8
