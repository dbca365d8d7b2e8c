/** The clauses of a format (`%s`, `%.2f`), as they are read both when an expression compiles and when it runs. */
import { CelError } from '../values.ts'

export type Verb = 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o'

export interface Clause {
  readonly verb: Verb
  readonly precision: number | undefined
  /** Which argument it is for. */
  readonly index: number
}

export const formatting = 'error during formatting'

/** Texts and clauses in turn, for so many arguments. Throws `CelError`. */
export function* clausesOf(template: string, count: number): Generator<string | Clause, void> {
  let index = 0
  let end = 0
  for (let at = template.indexOf('%'); at >= 0; at = template.indexOf('%', end)) {
    yield template.slice(end, at)
    if (template[at + 1] === '%') {
      yield '%'
      end = at + 2
      continue
    }
    if (index >= count) throw new CelError(`index ${index} out of range`)
    if (at + 1 >= template.length) throw new CelError('unexpected end of string')
    const [whole, point, precision, verb] = /%(?:(\.)(\d*))?(.)?/suy.exec(template.slice(at))!
    yield { verb: verbOf(verb, point === undefined ? undefined : precision), precision: numberOf(precision), index }
    index++
    end = at + whole.length
  }
  yield template.slice(end)
}

function numberOf(precision: string | undefined): number | undefined {
  return precision === undefined ? undefined : Number(precision)
}

function verbOf(verb: string | undefined, precision: string | undefined): Verb {
  const unread = (why: string) => new CelError(`could not parse formatting clause: ${why}`)
  if (verb === undefined) throw unread('error while parsing precision: could not find end of precision specifier')
  if (precision === '')
    throw unread(
      'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
    )
  if (!isVerb(verb)) throw unread(`unrecognized formatting clause "${verb}"`)
  return verb
}

const allowed = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps,',
  d: 'decimal clause can only be used on integers,',
  f: 'fixed-point clause can only be used on doubles,',
  e: 'scientific clause can only be used on doubles,',
  b: 'only integers and bools can be formatted as binary,',
  x: 'only integers, byte buffers, and strings can be formatted as hex,',
  X: 'only integers, byte buffers, and strings can be formatted as hex,',
  o: 'octal clause can only be used on integers,',
} as const

function isVerb(text: string): text is Verb {
  return Object.hasOwn(allowed, text)
}

/** What is said of an argument of a type that the clause can't print. */
export function mismatch(verb: Verb, type: string): string {
  return `${allowed[verb]} was given ${type}`
}
