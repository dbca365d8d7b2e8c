/**
 * The difference of two values as upstream shows it when an update changes what it may not: a unified diff, three lines
 * of context, of their JSON with one space of indentation.
 */
import { unifiedDiff } from './unified-diff.ts'

/** Both already in upstream's form (`goStruct`). */
export function structDiff(before: unknown, after: unknown): string {
  return unifiedDiff(linesOf(before), linesOf(after))
}

function linesOf(value: unknown): string[] {
  return JSON.stringify(value, undefined, 1).split('\n')
}
