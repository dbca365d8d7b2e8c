/**
 * What a crash test's process did: operations as it began them, and the answers it got, one a line. Lines are written
 * before the operation and after the answer, so that whoever reads them knows at least what was acknowledged.
 */
import type { Write } from '../../src/store/store.ts'

export interface Begun {
  number: number
  /** Values are the operation's number and a filling. */
  writes: { op: 'put' | 'delete'; key: string; bytes: number; expected?: number }[]
}

export interface Answered {
  number: number
  /** Zero: an expectation failed and nothing was written. */
  revision: number
}

export interface Log {
  begun: Map<number, Begun>
  answered: Map<number, Answered>
}

export const lineOf = {
  begun: ({ number, writes }: Begun): string => `B ${number} ${JSON.stringify(writes)}\n`,
  answered: ({ number, revision }: Answered): string => `A ${number} ${revision}\n`,
}

export function readLog(text: string): Log {
  const log: Log = { begun: new Map(), answered: new Map() }
  // The last line may be cut short.
  for (const line of text.split('\n').slice(0, -1)) {
    const [, kind, number, rest] = /^([AB]) (\d+) (.*)$/.exec(line) ?? []
    if (kind === 'B') log.begun.set(Number(number), { number: Number(number), writes: JSON.parse(rest!) })
    else if (kind === 'A') log.answered.set(Number(number), { number: Number(number), revision: Number(rest) })
  }
  return log
}

export function valueBytes(number: number, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${number} `)
}

export function storeWrites({ number, writes }: Begun): [Write, ...Write[]] {
  return writes.map(({ op, key, bytes, expected }): Write => {
    const more = expected === undefined ? {} : { expected }
    return op === 'put' ? { op, key, value: valueBytes(number, bytes), ...more } : { op, key, ...more }
  }) as [Write, ...Write[]]
}
