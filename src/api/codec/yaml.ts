/**
 * YAML bodies, read as the API server reads them: YAML 1.1 words for booleans and octal numbers, but no dates, sets or
 * base-60 numbers. Loaded only when a body is YAML.
 */
import { Composer, type Document, isScalar, Lexer, LineCounter, Parser, type ScalarTag, type Tags, visit } from 'yaml'
import { limits } from '../../limits.ts'
import { DecodeError } from './error.ts'
import type { ParsedDocument } from './json.ts'
import { nestingMax } from './json-scan.ts'

/** The first document of the text. Throws `DecodeError`, also for what would take too long to read. */
export function parseYaml(body: Uint8Array | string): ParsedDocument {
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  const lines = new LineCounter()
  const lineOf = (offset: number): number => lines.linePos(offset).line
  const document = firstDocument(text, lines)
  const [error] = document.errors
  if (error) throw new DecodeError(`yaml: line ${lineOf(error.pos[0])}: ${error.message}`)
  const repeated = repeatedKeys(document).map(
    ({ offset, name }) => `\n  line ${lineOf(offset)}: key "${name}" already set in map`,
  )
  const duplicates = repeated.length === 0 ? [] : [`yaml: unmarshal errors:${repeated.join('')}`]
  const value: unknown = toPlain(document)
  if (isDeeper(value, nestingMax)) throw new DecodeError(`yaml: the document is nested deeper than ${nestingMax}`)
  return { value, duplicates }
}

/**
 * What the library's `parseDocument` does, but it gives up early on what is too deep or too long, and leaves out the
 * search for repeated keys, which takes time by the square of a map's size.
 */
function firstDocument(text: string, lines: LineCounter): Document {
  lines.addNewLine(0)
  const parser = new Parser(lines.addNewLine)
  const composer = new Composer({
    version: '1.1',
    schema: 'yaml-1.1',
    customTags: plainTags,
    intAsBigInt: true,
    ...quiet,
  })
  for (const document of composer.compose(boundedTokens(text, parser), true, text.length)) return document
  throw new DecodeError('yaml: there is no document')
}

/** Its warnings quote the text, which may be a secret's. */
const quiet = { uniqueKeys: false, logLevel: 'error' } as const

function* boundedTokens(text: string, parser: Parser): ReturnType<Parser['parse']> {
  const { yamlTokensMax, yamlNestingMax } = limits
  let tokens = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++tokens > yamlTokensMax) throw new DecodeError(`yaml: more than ${yamlTokensMax} tokens, send it as JSON`)
    yield* parser.next(lexeme)
    if (parser.stack.length > yamlNestingMax) {
      throw new DecodeError(`yaml: the document is nested deeper than ${yamlNestingMax}`)
    }
  }
  yield* parser.end()
}

/** The keys that stand in their map already; the last one counts. */
function repeatedKeys(document: Document): { offset: number; name: string }[] {
  const repeated: { offset: number; name: string }[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        if (seen.has(name) && name !== '<<') repeated.push({ offset: key.range?.[0] ?? 0, name })
        seen.add(name)
      }
    },
  })
  return repeated.sort((one, other) => one.offset - other.offset)
}

const omittedTags = ['timestamp', 'omap', 'pairs', 'set', 'binary']

function plainTags(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === 'string') return !omittedTags.includes(tag)
    const name = tag.tag.slice(tag.tag.lastIndexOf(':') + 1)
    return !omittedTags.includes(name) && (tag as ScalarTag).format !== 'TIME'
  })
}

function toPlain(document: Document): unknown {
  try {
    return withNumbers(document.toJS())
  } catch (error) {
    throw new DecodeError(`yaml: ${(error as Error).message}`)
  }
}

/** In place. The library is asked for whole numbers that are exact; only those of 64 bits beyond ±2^53 stay `bigint`. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) || BigInt.asIntN(64, value) !== value ? number : value
  }
  // JSON, which it becomes, has none of these.
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`a number is ${value}`)
  if (typeof value !== 'object' || value === null) return value
  const members = value as Record<string, unknown>
  for (const name of Object.keys(members)) {
    const member = members[name]
    const changed = withNumbers(member)
    if (changed === member) continue
    Object.defineProperty(members, name, { value: changed, enumerable: true, configurable: true, writable: true })
  }
  return value
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1))
}
