/**
 * A client that costs little beside the server it measures: one TLS connection, HTTP/1.1, one request at a time, answers
 * counted and not parsed unless asked for.
 */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'

export interface Target {
  name: string
  url: URL
  token: string
  /** Processes whose CPU time and memory count, such as those of the server and of its etcd. */
  pids: readonly number[]
}

export interface Answer {
  status: number
  /** Bytes of the body as they came. */
  length: number
  body(): Buffer
}

export interface Ask {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  path: string
  accept?: string
  body?: string | Uint8Array
  type?: string
}

type Sink = (chunk: Buffer) => void

export class Connection {
  #socket: TLSSocket
  readonly #target: Target
  #sink: Sink | undefined
  #fail: ((error: Error) => void) | undefined

  private constructor(target: Target, socket: TLSSocket) {
    this.#target = target
    this.#socket = this.#followed(socket)
  }

  static async open(target: Target): Promise<Connection> {
    return new Connection(target, await connected(target))
  }

  #followed(socket: TLSSocket): TLSSocket {
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#sink?.(chunk))
    const ended = (error?: Error) => this.#fail?.(error ?? new Error(`${this.#target.name} closed a connection`))
    socket.on('error', ended)
    socket.on('close', () => ended())
    return socket
  }

  /** On a new connection when the server has closed this one for being idle. @throws when it ends before the answer does */
  async request(ask: Ask): Promise<Answer> {
    if (this.#socket.closed || this.#socket.readableEnded) this.#socket = this.#followed(await connected(this.#target))
    return await new Promise((resolve, reject) => {
      const reader = new AnswerReader()
      this.#fail = reject
      this.#sink = (chunk) => {
        reader.take(chunk)
        if (!reader.complete) return
        this.#sink = undefined
        this.#fail = undefined
        resolve(reader)
      }
      this.#send(ask)
    })
  }

  /** In one write, as other clients do: a second one costs both sides a TLS record and a call of the system. */
  #send(ask: Ask): void {
    const head = headOf(this.#target, ask)
    if (ask.body === undefined) this.#socket.write(head)
    else if (typeof ask.body === 'string') this.#socket.write(head + ask.body)
    else this.#socket.write(Buffer.concat([Buffer.from(head), ask.body]))
  }

  /** Sends a request whose answer does not end; each piece of its body, with its chunk headers, goes to `sink`. */
  stream(ask: Ask, sink: Sink): Promise<number> {
    return new Promise((resolve, reject) => {
      let head: Buffer | undefined = Buffer.alloc(0)
      this.#fail = reject
      this.#sink = (chunk) => {
        if (!head) return sink(chunk)
        head = Buffer.concat([head, chunk])
        const end = head.indexOf(headEnd)
        if (end < 0) return
        resolve(statusOf(head))
        const rest = head.subarray(end + headEnd.length)
        head = undefined
        if (rest.length > 0) sink(rest)
      }
      this.#socket.write(headOf(this.#target, ask))
    })
  }

  close(): void {
    this.#fail = undefined
    this.#socket.destroy()
  }
}

async function connected({ url }: Target): Promise<TLSSocket> {
  // Whoever starts the servers chooses their certificates: what is measured is their work, not their names.
  const socket = connect({ host: url.hostname, port: Number(url.port || 443), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

const headEnd = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')

function headOf({ url, token }: Target, { method, path, accept = 'application/json', body, type }: Ask): string {
  const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
  const content = body === undefined ? '' : `content-type: ${type ?? 'application/json'}\r\n`
  return `${method} ${path} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: Bearer ${token}\r\naccept: ${accept}\r\nuser-agent: k8ts-bench\r\n${content}${length}\r\n`
}

function statusOf(head: Buffer): number {
  return Number(head.toString('latin1', 9, 12))
}

/** Knows where an answer ends, by its length or its last chunk. */
export class AnswerReader implements Answer {
  status = 0
  length = 0
  complete = false
  readonly #chunks: Buffer[] = []
  #head: Buffer | undefined = Buffer.alloc(0)
  #expected: number | undefined
  #tail: Buffer = Buffer.alloc(0)

  take(chunk: Buffer): void {
    if (!this.#head) return this.#takeBody(chunk)
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
    const end = this.#head.indexOf(headEnd)
    if (end < 0) return
    this.status = statusOf(this.#head)
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head.toString('latin1', 0, end))?.[1]
    if (length !== undefined) this.#expected = Number(length)
    const rest = this.#head.subarray(end + headEnd.length)
    this.#head = undefined
    this.#takeBody(rest)
  }

  body(): Buffer {
    const whole = Buffer.concat(this.#chunks)
    return this.#expected === undefined ? withoutChunkHeaders(whole) : whole
  }

  #takeBody(chunk: Buffer): void {
    this.length += chunk.length
    this.#chunks.push(chunk)
    if (this.#expected !== undefined) this.complete = this.length >= this.#expected
    else {
      this.#tail = Buffer.concat([this.#tail.subarray(-lastChunk.length), chunk.subarray(-lastChunk.length)])
      this.complete = this.#tail.subarray(-lastChunk.length).equals(lastChunk)
    }
  }
}

function withoutChunkHeaders(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (!(size > 0)) return Buffer.concat(parts)
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
