/**
 * Objects as YAML, as upstream writes it: keys in order, lists no deeper than their key. What might be read as something
 * else than a string, by YAML 1.1 or 1.2, is quoted. Of our own because answers are made while others wait: a general
 * library took 2.9 s for a list that this writes in a tenth of a second.
 */
import './exact-json.ts' // how `JSON.stringify` writes a bigint

/** Deeper values are written as JSON, which is YAML too: indented, each of their lines would grow with the depth. */
const indentedDepthMax = 40

/** A value of JSON, where whole numbers may be `bigint`, as a document that ends with a line break. */
export function encodeYaml(value: unknown): string {
  const parts: string[] = []
  if (isPlural(value)) writePlural(parts, value, { indent: '', isOpened: true })
  else writeInline(parts, value, '')
  return parts.join('')
}

interface Place {
  /** Of the lines of the value. */
  indent: string
  /** The first line has its indentation already. */
  isOpened: boolean
}

type Plural = unknown[] | Record<string, unknown>

/** What takes lines of its own. */
function isPlural(value: unknown): value is Plural {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0
}

function writePlural(parts: string[], value: Plural, place: Place): void {
  if (Array.isArray(value)) writeList(parts, value, place)
  else writeMap(parts, value, place)
}

function writeList(parts: string[], list: readonly unknown[], { indent, isOpened }: Place): void {
  for (const [index, item] of list.entries()) {
    parts.push(index === 0 && isOpened ? '- ' : `${indent}- `)
    writeBehindMark(parts, item, indent)
  }
}

function writeMap(parts: string[], map: Record<string, unknown>, { indent, isOpened }: Place): void {
  let opening = isOpened ? '' : indent
  for (const name of Object.keys(map).sort()) {
    const value = map[name]
    if (value === undefined) continue
    const key = scalarText(name)
    parts.push(opening)
    opening = indent
    if (key.length > keyLengthMax) {
      parts.push('? ', key, `\n${indent}: `)
      writeBehindMark(parts, value, indent)
    } else if (isIndented(value, indent)) {
      parts.push(key, ':\n')
      writePlural(parts, value, { indent: Array.isArray(value) ? indent : `${indent}  `, isOpened: false })
    } else {
      parts.push(key, ': ')
      writeInline(parts, value, indent)
    }
  }
}

/** Longer ones are no keys without a mark: YAML reads 1,024 characters ahead. */
const keyLengthMax = 1000

function isIndented(value: unknown, indent: string): value is Plural {
  return isPlural(value) && indent.length < 2 * indentedDepthMax
}

/** Behind `- `, `? ` or `: `, on the same line. */
function writeBehindMark(parts: string[], value: unknown, indent: string): void {
  if (isIndented(value, indent)) writePlural(parts, value, { indent: `${indent}  `, isOpened: true })
  else writeInline(parts, value, indent)
}

function writeInline(parts: string[], value: unknown, indent: string): void {
  if (typeof value === 'string') parts.push(blockText(value, indent) ?? scalarText(value), '\n')
  else parts.push(printable(JSON.stringify(value) ?? 'null'), '\n')
}

/** Letters, and what means nothing within a word; a colon or a hash only where it can't begin anything. */
const plain = /^[\p{L}/_](?:[\p{L}\p{N}\p{M}_./@+%=~^$;*!()<>|-]|:(?=\S)|\S#|,(?=\S)| +(?=[^#\s]))*$/u
/** Words that are no strings in one of YAML's versions. */
const otherwise = /^(?:y|yes|n|no|true|false|on|off|null|nan|inf)$/i
const plainLengthMax = 4096

function scalarText(text: string): string {
  if (text.length <= plainLengthMax && plain.test(text) && !otherwise.test(text)) return text
  return printable(JSON.stringify(text))
}

/** Several lines as they are, where no line has what would have to be escaped. */
function blockText(text: string, indent: string): string | undefined {
  if (!text.includes('\n')) return undefined
  const lines = text.split('\n')
  if (!/^\S/.test(text) || !lines.every((line) => line === '' || lineOfBlock.test(line))) return undefined
  const isEnded = lines.at(-1) === ''
  if (isEnded) lines.pop()
  const chomping = isEnded ? (lines.at(-1) === '' ? '+' : '') : '-'
  return `|${chomping}\n${lines.map((line) => (line === '' ? '' : `${indent}  ${line}`)).join('\n')}`
}

const lineOfBlock = /^(?:\t|[^\p{C}\p{Zl}\p{Zp}])+$/u

/** JSON with what YAML does not print escaped. */
function printable(json: string): string {
  return unprintable.test(json) ? json.replace(everyUnprintable, escaped) : json
}

const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/
const everyUnprintable = new RegExp(unprintable, 'g')

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
