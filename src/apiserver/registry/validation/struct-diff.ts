/**
 * The difference of two values as upstream shows it when an update changes what it may not: a unified diff, three lines
 * of context, of their JSON with one space of indentation.
 */
import { limits } from '../../../limits.ts'
import { unifiedDiff } from './unified-diff.ts'

/** Both already in upstream's form (`goStruct`). What is long is cut short. */
export function structDiff(before: unknown, after: unknown): string {
  const text = unifiedDiff(linesOf(before), linesOf(after))
  return text.length <= limits.patchedTextLengthMax ? text : `${text.slice(0, limits.patchedTextLengthMax)}…\n`
}

function linesOf(value: unknown): string[] {
  return JSON.stringify(value, undefined, 1).split('\n')
}
