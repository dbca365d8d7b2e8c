/**
 * Names outside the cluster: passed on, as they came, to the resolvers of the node, and kept for a while.
 *
 * Each question goes out from a socket of its own, so that port and id are both to be guessed by a forger. A resolver
 * that leads back to us would make every question circle for ever: a probe with an invented name finds that out
 * (`startLoopProbe`), and nothing is forwarded from then on.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Net, UdpSocket } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import { answerCache } from './cache.ts'
import { encodeQuery } from './exchange.ts'
import { Frames, framed } from './frames.ts'
import { headerBytes, types } from './wire.ts'

export interface ForwarderOptions {
  net: Net
  clock: Clock
  random: Random
  log: Logger
  /** Addresses of the resolvers to ask, in order. */
  upstreams: readonly string[]
  /** Default 53. */
  upstreamPort?: number
}

export interface Forwarder {
  /** The answer as received, with the query's id. Undefined when nobody answers: SERVFAIL. */
  forward(query: Uint8Array, over: 'udp' | 'tcp'): Promise<Uint8Array | undefined>
  /** Whether this is the probe coming back; then forwarding ends for good. */
  isLoop(name: string): boolean
  startLoopProbe(): void
  /** Why nothing is forwarded, if so. */
  readonly disabled: string | undefined
}

const attemptTimeoutMs = 2_000
const attemptsPerUpstream = 2
/** Questions on their way at once. Beyond: SERVFAIL, as from a resolver that is too busy. */
const inFlightMax = 1_000

export function forwarder(options: ForwarderOptions): Forwarder {
  const { clock, log, random, upstreams } = options
  const probeName = `k8ts-loop-${random.uuid()}.invalid`
  const cache = answerCache(clock)
  const inFlight = new Map<string, Promise<Uint8Array | undefined>>()
  let disabled = upstreams.length === 0 ? 'no resolver is configured' : undefined

  const askAll = async (query: Uint8Array, over: 'udp' | 'tcp'): Promise<Uint8Array | undefined> => {
    for (let attempt = 0; attempt < attemptsPerUpstream; attempt++)
      for (const host of upstreams) {
        const reply = await (over === 'udp' ? askUdp : askTcp)(options, host, query).catch(() => undefined)
        if (reply) return reply
      }
    return undefined
  }
  return {
    get disabled() {
      return disabled
    },
    isLoop(name) {
      if (name !== probeName) return false
      if (disabled === undefined) log.error('the upstream resolver leads back here: names outside are not resolved')
      disabled = 'the upstream resolver leads back here'
      return true
    },
    startLoopProbe() {
      if (disabled === undefined) void askAll(encodeQuery(probeName, types.TXT), 'udp')
    },
    async forward(query, over) {
      if (disabled !== undefined) return undefined
      const key = `${over} ${Buffer.from(query.subarray(2)).toString('latin1')}`
      const kept = cache.get(key)
      if (kept) return withId(kept, query)
      let answer = inFlight.get(key)
      if (!answer) {
        if (inFlight.size >= inFlightMax) return undefined
        answer = askAll(query, over).finally(() => inFlight.delete(key))
        inFlight.set(key, answer)
        void answer.then((reply) => reply && cache.put(key, reply))
      }
      const reply = await answer
      return reply && withId(reply, query)
    },
  }
}

function withId(reply: Uint8Array, query: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(reply)
  copy.set(query.subarray(0, 2))
  return copy
}

/** Rejects when the socket can't be opened or no fitting answer comes in time. */
async function askUdp(options: ForwarderOptions, host: string, query: Uint8Array): Promise<Uint8Array> {
  const { net, clock, random, upstreamPort = 53 } = options
  const sent = Uint8Array.from(query)
  sent.set(random.bytes(2))
  let socket: UdpSocket | undefined
  try {
    return await new Promise((resolve, reject) => {
      const cancel = clock.after(attemptTimeoutMs, () => reject(new Error(`${host} did not answer`)))
      const onMessage = (bytes: Uint8Array, from: { host: string; port: number }): void => {
        if (from.host !== host || from.port !== upstreamPort || !isAnswerTo(bytes, sent)) return
        cancel()
        resolve(bytes)
      }
      net.bindUdp({ host: host.includes(':') ? '::' : '0.0.0.0', port: 0 }, onMessage).then((bound) => {
        socket = bound
        bound.send(sent, { host, port: upstreamPort })
      }, reject)
    })
  } finally {
    await socket?.close()
  }
}

async function askTcp(options: ForwarderOptions, host: string, query: Uint8Array): Promise<Uint8Array> {
  const { net, clock, upstreamPort = 53 } = options
  const socket: Duplex = await net.connectTcp({ host, port: upstreamPort, timeoutMs: attemptTimeoutMs })
  try {
    return await new Promise((resolve, reject) => {
      const cancel = clock.after(attemptTimeoutMs, () => reject(new Error(`${host} did not answer`)))
      const frames = new Frames()
      socket.on('error', reject)
      socket.on('close', () => reject(new Error(`${host} hung up`)))
      socket.on('data', (chunk: Uint8Array) => {
        const answer = frames.push(chunk).find((each) => isAnswerTo(each, query))
        if (!answer) return
        cancel()
        resolve(answer)
      })
      socket.write(framed(query))
    })
  } finally {
    socket.destroy()
  }
}

/** The same id, an answer, and the same question if it repeats one. */
function isAnswerTo(bytes: Uint8Array, query: Uint8Array): boolean {
  if (bytes.length < headerBytes || bytes[0] !== query[0] || bytes[1] !== query[1]) return false
  if ((bytes[2]! & 0x80) === 0) return false
  const questionEnd = endOfQuestion(query)
  const repeats = bytes[5] === 1
  return (
    !repeats || Buffer.from(bytes.subarray(headerBytes, questionEnd)).equals(query.subarray(headerBytes, questionEnd))
  )
}

function endOfQuestion(query: Uint8Array): number {
  let at = headerBytes
  while (query[at]) at += 1 + query[at]!
  return at + 5
}
