/**
 * Finds names that stand twice in one JSON object, which `JSON.parse` passes over in silence but strict field
 * validation must name. Also refuses nesting that would overflow the stack of whatever walks the value.
 */
import { DecodeError } from './error.ts'

/** Deeper documents are refused; the API's own deepest objects, JSON schemas, stay far below. */
export const nestingMax = 1000

interface Frame {
  /** Undefined in an array. */
  names: Set<string> | undefined
  /** Last name, or position in the array. */
  at: string | number
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** Paths like `spec.containers[0].name`. The text must be valid JSON. Throws `DecodeError` when it nests too deep. */
export function duplicateFields(text: string): string[] {
  const found: string[] = []
  const frames: Frame[] = []
  let position = 0
  while (position < text.length) {
    const frame = frames.at(-1)
    switch (text[position]) {
      case '{':
        frames.push({ names: new Set(), at: '' })
        break
      case '[':
        frames.push({ names: undefined, at: 0 })
        break
      case '}':
      case ']':
        frames.pop()
        break
      case ',':
        if (frame && !frame.names) frame.at = Number(frame.at) + 1
        break
      case '"':
        position = readString(text, position, frames, found)
        break
    }
    if (frames.length > nestingMax) throw new DecodeError(`json: the document is nested deeper than ${nestingMax}`)
    position++
  }
  return found
}

/** Position of the closing quote. */
function readString(text: string, start: number, frames: readonly Frame[], found: string[]): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, start, end)) end = text.indexOf('"', end + 1)
  if (end < 0) return text.length
  const frame = frames.at(-1)
  if (frame?.names && isName(text, end)) noteName(frame, frame.names, text.slice(start, end + 1), frames, found)
  return end
}

function noteName(frame: Frame, names: Set<string>, quoted: string, frames: readonly Frame[], found: string[]): void {
  const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
  frame.at = name
  if (names.has(name)) found.push(pathOf(frames))
  names.add(name)
}

function isEscaped(text: string, start: number, end: number): boolean {
  let before = end - 1
  while (before > start && text.charCodeAt(before) === backslash) before--
  return (end - 1 - before) % 2 === 1
}

/** A string before a colon. */
function isName(text: string, end: number): boolean {
  let next = end + 1
  while (text.charCodeAt(next) <= 0x20) next++
  return text.charCodeAt(next) === colon && text.charCodeAt(end) === quote
}

function pathOf(frames: readonly Frame[]): string {
  return frames
    .map(({ at }) => (typeof at === 'number' ? `[${at}]` : `.${at}`))
    .join('')
    .slice(1)
}
