/**
 * YAML bodies, read as the API server reads them: YAML 1.1 words for booleans and octal numbers, but no dates, sets or
 * base-60 numbers. Loaded only when a body is YAML.
 */
import { LineCounter, parseDocument, type ScalarTag, stringify, type Tags } from 'yaml'
import { nestingMax } from './duplicate-fields.ts'
import { DecodeError } from './error.ts'
import type { ParsedDocument } from './json.ts'

/** The first document of the text. Throws `DecodeError`. */
export function parseYaml(body: Uint8Array | string): ParsedDocument {
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    customTags: plainTags,
    lineCounter: lines,
  })
  const duplicates: string[] = []
  for (const error of document.errors) {
    if (error.code === 'MULTIPLE_DOCS') continue
    const { line } = lines.linePos(error.pos[0])
    if (error.code !== 'DUPLICATE_KEY') throw new DecodeError(`yaml: line ${line}: ${error.message}`)
    duplicates.push(`line ${line}: a key is already set in map`)
  }
  const value: unknown = toPlain(document)
  if (isDeeper(value, nestingMax)) throw new DecodeError(`yaml: the document is nested deeper than ${nestingMax}`)
  return { value, duplicates }
}

export function encodeYaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0 })
}

const omittedTags = ['timestamp', 'omap', 'pairs', 'set', 'binary']

function plainTags(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === 'string') return !omittedTags.includes(tag)
    const name = tag.tag.slice(tag.tag.lastIndexOf(':') + 1)
    return !omittedTags.includes(name) && (tag as ScalarTag).format !== 'TIME'
  })
}

function toPlain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw new DecodeError(`yaml: ${(error as Error).message}`)
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1))
}
