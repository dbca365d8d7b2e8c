/**
 * Many ways in which the bytes of `kubectl exec` and `kubectl port-forward` can travel, each from a seed: nothing is lost,
 * everything ends, and a connection that breaks is an error, not an end. `STREAM_SEED=7 STREAM_SEEDS=1` runs one of them.
 */
import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { describe, test } from 'node:test'
import type { Random } from '../../src/platform/random.ts'
import { simulatedClock } from '../../src/platform/simulated/clock.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { exec, forward, type Heard, type Protocol, type Route, type Said } from './exchange.ts'
import { type Traffic, unlessStuck } from './rough-pipe.ts'
import { type Command, echoPorts, endAfter, hang, runCommand, turns } from './runtime.ts'

const seeds = Number(process.env.STREAM_SEEDS ?? 40)
const firstSeed = Number(process.env.STREAM_SEED ?? 1)
const protocols: readonly Protocol[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io', 'SPDY']
const success = '{"metadata":{},"status":"Success"}'
const failure = '{"metadata":{},"status":"Failure","message":"exit code 7","reason":"NonZeroExitCode"}'
const lost = 'the container runtime did not say how the command ended'

function bytesOf(random: Random, largest = 200_000): Buffer {
  const most = [0, 1, 10, 1_000, 70_000, largest][random.int(6)] ?? 0
  return Buffer.alloc(most === 0 ? 0 : 1 + random.int(most), random.uuid())
}

function drawn(random: Random): { said: Said; command: Command } {
  const protocol = protocols[random.int(2) * random.int(protocols.length)]!
  const stdin = random.int(2) === 0 ? undefined : bytesOf(random, 1_000_000).toString()
  const tty = random.int(6) === 0
  const pauseTurns = [0, 0, 12, 100][random.int(4)]!
  const stdout =
    pauseTurns === 100 && random.int(3) === 0 ? Buffer.alloc(2_500_000 + random.int(500_000), 'x') : bytesOf(random)
  const canEndInput = protocol === 'v5.channel.k8s.io' || protocol === 'SPDY'
  return {
    said: { protocol, stdin, tty, pauseTurns },
    command: {
      ...{ stdin, stdout, stderr: tty ? Buffer.alloc(0) : bytesOf(random), tty },
      ...{ status: random.int(2) === 0 ? success : failure, readsNothing: !canEndInput || random.int(5) === 0 },
    },
  }
}

interface Exchange {
  random: Random
  traffic: Traffic
  route: Route
  said: Said
  command: Command
  /** What the command read. */
  read: Promise<string | undefined>
}

async function each(name: string, work: (exchange: Exchange) => Promise<void>): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const random = simulatedRandom(`${name} ${seed}`)
    const traffic: Traffic = { random, moves: 0, ends: [] }
    const { said, command } = drawn(random)
    const { promise: read, resolve } = Promise.withResolvers<string | undefined>()
    const route: Route = {
      traffic,
      clock: simulatedClock(),
      runtime: (socket: Duplex) => resolve(runCommand(socket, random, command)),
    }
    try {
      await work({ random, traffic, route, said, command, read })
      await unlessStuck(traffic, allClosed(traffic))
    } catch (cause) {
      const { stdin, stdout, stderr, ...rest } = { ...said, ...command }
      const bytes = [stdin, stdout, stderr].map((each) => each?.length)
      throw new Error(`seed ${seed}: stdin, stdout, stderr ${bytes}, ${JSON.stringify(rest)}`, { cause })
    }
  }
}

async function allClosed({ ends }: Traffic): Promise<void> {
  while (!ends.every(({ destroyed }) => destroyed)) await turns(1)
}

function isWhole({ said, command }: Exchange, heard: Heard): boolean {
  const words = command.status === success ? '' : 'exit code 7'
  return (
    heard.stdout === command.stdout.toString() &&
    heard.stderr === command.stderr.toString() &&
    heard.status === (said.protocol === 'channel.k8s.io' ? words : command.status)
  )
}

describe('streams', { timeout: 60_000 + seeds * 100, concurrency: false }, () => {
  test('exec gives what the command wrote, and ends', () =>
    each('exec', async (exchange) => {
      const { traffic, route, said, command, read } = exchange
      const heard = await unlessStuck(traffic, exec(route, said))
      assert.ok(isWhole(exchange, heard), summaryOf(heard))
      if (said.protocol !== 'SPDY') assert.equal(heard.closeCode, 1000)
      if (said.stdin !== undefined && !command.readsNothing) assert.ok((await read) === said.stdin, 'standard input')
    }))

  test('exec over a connection that breaks is whole or an error, and ends', () =>
    each('faults', async (exchange) => {
      const { random, traffic, route, said } = exchange
      const breaking = breakLater(random, traffic)
      const heard = await unlessStuck(traffic, exec(route, said)).catch((error: Error) => error)
      breaking.cancel()
      if (heard instanceof Error) return assert.match(heard.message, /^closed after |^HTTP\/1\.1 500 /)
      if (isWhole(exchange, heard) || said.protocol === 'SPDY') return
      assert.ok(heard.closeCode !== 1000 || heard.status.includes(lost), summaryOf(heard))
    }))

  test('port-forward carries each connection both ways, and ends with the client', () =>
    each('ports', async ({ random, traffic, said }) => {
      const route: Route = { traffic, clock: simulatedClock(), runtime: echoPorts }
      const sent = Array.from({ length: 1 + random.int(4) }, () => bytesOf(random).toString())
      const answers = await unlessStuck(traffic, forward(route, said.protocol === 'SPDY', sent))
      assert.ok(
        answers.every((answer, index) => answer === sent[index]),
        'the answers',
      )
    }))
})

function summaryOf({ stdout, stderr, status, closeCode }: Heard): string {
  return `heard ${stdout.length} and ${stderr.length} bytes, ${JSON.stringify(status)}, closed with ${closeCode}`
}

/** One of the connections breaks, with an error or without, after so many moves. */
function breakLater(random: Random, traffic: Traffic): { cancel(): void } {
  const at = 1 + random.int(random.int(2) === 0 ? 12 : 80)
  const which = random.int(6)
  const hard = random.int(2) === 0
  let isOver = false
  const look = (): void => {
    const end = traffic.ends[which]
    if (isOver) return
    if (traffic.moves < at || !end) setImmediate(look)
    else if (hard) end.breakOff()
    else end.destroy()
  }
  look()
  return {
    cancel() {
      isOver = true
    },
  }
}

test('exec ends with an error when the runtime hangs on input that the command left unread', async () => {
  const traffic: Traffic = { random: simulatedRandom(), moves: 0, ends: [] }
  const clock = simulatedClock()
  const route: Route = { traffic, clock, runtime: hang }
  const stdin = 'x'.repeat(1_000_000)
  const heard = exec(route, { protocol: 'v5.channel.k8s.io', stdin, tty: false, pauseTurns: 0 })
  const ticking = setInterval(() => clock.advance(5_000), 20)
  const { status, closeCode } = await heard
  clearInterval(ticking)
  assert.deepEqual([(JSON.parse(status) as { message: string }).message, closeCode], [lost, 1000])
  for (const end of traffic.ends) end.destroy()
})

test('exec waits for a command that has closed its outputs and works on', async () => {
  const traffic: Traffic = { random: simulatedRandom(), moves: 0, ends: [] }
  const clock = simulatedClock()
  const route: Route = { traffic, clock, runtime: (socket) => void endAfter(socket, clock, 60_000, success) }
  const heard = exec(route, { protocol: 'v5.channel.k8s.io', stdin: 'all', tty: false, pauseTurns: 0 })
  const ticking = setInterval(() => clock.advance(1_000), 5)
  assert.equal((await heard).status, success)
  clearInterval(ticking)
  assert.ok(clock.monotonicMs() >= 60_000)
})

test('unlessStuck notices that nothing moves any more', async () => {
  const traffic: Traffic = { random: simulatedRandom(), moves: 0, ends: [] }
  await assert.rejects(unlessStuck(traffic, new Promise(() => undefined), 20), /nothing moves any more/)
})
