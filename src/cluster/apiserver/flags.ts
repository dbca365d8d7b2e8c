/**
 * Reads a command line as kube-apiserver does (`--name=value`, `--name value`, `--bool`), and answers for every flag: it
 * is honoured, or the error says why it cannot be.
 */
import { resolve } from 'node:path'
import { parseDuration } from '../../api/codec/time.ts'
import { apiServerFlags, type Flag } from './flag-table.ts'

export class FlagError extends Error {
  override name = 'FlagError'
}

export class Flags {
  readonly #values: ReadonlyMap<string, readonly string[]>
  readonly #known: ReadonlyMap<string, Flag>

  /** `known`: says what holds of flags that were not given. */
  constructor(values: ReadonlyMap<string, readonly string[]>, known: ReadonlyMap<string, Flag> = apiServerFlags()) {
    this.#values = values
    this.#known = known
  }

  /** As given; of a repeated flag all values. */
  get all(): ReadonlyMap<string, string> {
    return new Map([...this.#values].map(([name, values]) => [name, values.join(',')]))
  }

  /** As it holds, given or not, of every flag that is not refused. */
  get effective(): ReadonlyMap<string, string> {
    const offered = [...this.#known.values()].filter(({ handling }) => handling !== 'refused')
    return new Map(
      offered.map(({ name, type, handling, standard = '' }) => {
        const fixed = typeof handling === 'object' ? handling.only : standard
        const text = this.#values.get(name)?.join(',') ?? fixed
        return [name, type === 'list' || type === 'texts' ? `[${text}]` : text]
      }),
    )
  }

  /** Whether it was given. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** Of a repeated flag the last; where it was not given, what holds then. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1) ?? this.#known.get(name)?.standard
  }

  /** All values, apart at commas too. */
  list(name: string): string[] {
    return this.texts(name).flatMap((value) => value.split(',').filter((item) => item !== ''))
  }

  texts(name: string): string[] {
    const standard = this.#known.get(name)?.standard
    return [...(this.#values.get(name) ?? (standard === undefined ? [] : [standard]))]
  }

  bool(name: string): boolean | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : trueWords.has(value)
  }

  count(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : Number(value)
  }

  durationMs(name: string): number | undefined {
    const value = this.text(name)
    return value === undefined ? undefined : durationMsOf(value)
  }
}

/** The same flags for a process that may stand elsewhere: paths are absolute. */
export function flagWords(flags: Flags, known: ReadonlyMap<string, Flag>): string[] {
  return [...flags.all.keys()].flatMap((name) => {
    const isPath = known.get(name)?.type.startsWith('file') ?? false
    return flags.texts(name).map((value) => `--${name}=${isPath ? resolve(value) : value}`)
  })
}

/** Throws `FlagError` for a flag that is unknown, refused or does not parse, and for words that are no flags. */
export function parseFlags(words: readonly string[], known = apiServerFlags()): Flags {
  const values = new Map<string, string[]>()
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const [, given = '', equals] = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word) ?? []
    if (given === '') throw new FlagError(`want flags only, got the word ${JSON.stringify(word)}`)
    const flag = flagNamed(given, known)
    const value = equals ?? (flag.type === 'bool' ? 'true' : words[++index])
    if (value === undefined) throw new FlagError(`flag needs a value: --${flag.name}`)
    check(flag, value)
    values.set(flag.name, [...(values.get(flag.name) ?? []), value])
  }
  return new Flags(values, known)
}

function flagNamed(given: string, known: ReadonlyMap<string, Flag>): Flag {
  const name = given.replaceAll('_', '-')
  const flag = known.get(name)
  if (!flag) throw new FlagError(`unknown flag: --${name}`)
  return flag
}

function check(flag: Flag, value: string): void {
  const { name, type, handling, why } = flag
  if (handling === 'refused') throw new FlagError(`--${name} is not offered: ${why}`)
  const wanted = wantedForm(type, value)
  if (wanted) throw new FlagError(`invalid value ${JSON.stringify(value)} for --${name}: want ${wanted}`)
  if (handling === 'honoured' || same(type, value, handling.only)) return
  throw new FlagError(`--${name}=${value} is not offered, only ${handling.only}: ${why}`)
}

const trueWords: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const falseWords: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

/** What the value should have been; undefined when it is. */
function wantedForm(type: Flag['type'], value: string): string | undefined {
  if (type === 'bool' && !trueWords.has(value) && !falseWords.has(value)) return 'true or false'
  if (type === 'count' && !/^\d{1,10}$/.test(value)) return 'a whole number'
  if (type === 'duration' && durationMsOf(value) === undefined) return 'a duration such as 1h30m'
  return undefined
}

function same(type: Flag['type'], value: string, only: string): boolean {
  if (type === 'bool') return trueWords.has(value) === (only === 'true')
  if (type === 'duration') return durationMsOf(value) === durationMsOf(only)
  return value === only
}

function durationMsOf(text: string): number | undefined {
  const nanos = parseDuration(text)
  return nanos === undefined || nanos < 0 ? undefined : Number(nanos) / 1e6
}
