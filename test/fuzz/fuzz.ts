/**
 * Feeds a decoder with damaged input until it fails: with another error than those that it refuses by, by taking long, or
 * by changing what all objects share. Everything follows from the seed.
 */
import type { Watchdog } from './watchdog.ts'

export interface Decoder {
  readonly name: string
  /** Good input, to be damaged. */
  readonly corpus: readonly (string | Uint8Array)[]
  decode(input: Buffer): unknown
  /** Names of the errors by which it refuses input. */
  readonly refusals: readonly string[]
}

export interface Finding {
  readonly decoder: string
  readonly seed: number
  /** Base64. */
  readonly input: string
  readonly why: string
}

/** What one input of some kilobytes may take. Several times what the slowest was seen to take on a busy machine. */
const inputMsMax = 2_000
const inputBytesMax = 8 * 1024

/** The first failure of so many inputs. */
export async function fuzz(
  decoder: Decoder,
  { seed, runs, watched }: { seed: number; runs: number; watched?: Watchdog },
): Promise<Finding | undefined> {
  const random = generator(seed)
  for (let run = 0; run < runs; run++) {
    const input = damaged(decoder.corpus, random)
    watched?.look(decoder.name, input)
    const why = await tried(decoder, input)
    if (why !== undefined) return { decoder: decoder.name, seed, input: input.toString('base64'), why }
  }
  return undefined
}

/** What is wrong with how the decoder takes this input; undefined when nothing is. */
export async function tried({ decode, refusals }: Decoder, input: Buffer): Promise<string | undefined> {
  const names = Object.getOwnPropertyNames(Object.prototype).length
  const startMs = performance.now()
  try {
    await decode(input)
  } catch (error) {
    if (!kindsOf(error).some((kind) => refusals.includes(kind)))
      return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  const tookMs = performance.now() - startMs
  if (tookMs > inputMsMax) return `took ${Math.round(tookMs)} ms`
  if (Object.getOwnPropertyNames(Object.prototype).length !== names) return 'the prototype of all objects was changed'
  return undefined
}

/** The names of an error's class and of those that it extends. */
function kindsOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [String(error)]
  const kinds: string[] = []
  for (let of = Object.getPrototypeOf(error); of && of !== Error.prototype; of = Object.getPrototypeOf(of)) {
    kinds.push(of.constructor.name)
  }
  return kinds.length > 0 ? kinds : [error.constructor.name]
}

type Random = (below: number) => number

/** Mulberry32: small, and the same everywhere. */
function generator(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below)
  }
}

function damaged(corpus: Decoder['corpus'], random: Random): Buffer {
  const pick = () => Buffer.from(corpus[random(corpus.length)]!)
  let input: Buffer = pick()
  for (let times = 1 + random(4); times > 0; times--) input = changes[random(changes.length)]!(input, random, pick)
  return input.subarray(0, inputBytesMax)
}

type Change = (input: Buffer, random: Random, pick: () => Buffer) => Buffer

/** Texts that mean something to some format. */
const telling = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    '\0',
    '\n',
    ':',
    ',',
    '-',
    '~',
    '/',
    '.',
    '..',
    '*',
    '&a ',
    '*a',
    '<<: ',
    '!!js',
    '%',
  ],
  ...[
    '__proto__',
    'constructor',
    '\\u0000',
    '\ud800',
    '1e999',
    '-0',
    '9'.repeat(40),
    '0x',
    'null',
    'true',
    '\ufeff',
    '((((',
    '(?:',
  ],
]

const changes: readonly Change[] = [
  (input, random) => {
    const copy = Buffer.from(input)
    if (copy.length > 0) copy[random(copy.length)] = random(256)
    return copy
  },
  (input, random) => input.subarray(0, random(input.length + 1)),
  (input, random) => input.subarray(random(input.length + 1)),
  (input, random) => spliced(input, random(input.length + 1), Buffer.from(telling[random(telling.length)]!)),
  (input, random) => spliced(input, random(input.length + 1), Buffer.alloc(1 + random(8), random(256))),
  (input, random) => {
    const start = random(input.length + 1)
    const part = input.subarray(start, start + random(64))
    return spliced(input, start, Buffer.concat(Array.from({ length: 1 + random(40) }, () => part)))
  },
  (input, random, pick) => Buffer.concat([input.subarray(0, random(input.length + 1)), pick()]),
]

function spliced(input: Buffer, at: number, part: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), part, input.subarray(at)])
}
