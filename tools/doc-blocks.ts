/**
 * The blocks of a document that tests run, so that what it shows keeps working. A block's fence says how:
 *
 *     ```sh test      in test/docs.test.ts, from the checkout's root
 *     ```sh cluster   in test/system/docs.test.ts, in the network of a real cluster
 *     ```ts test      in test/docs.test.ts; `k8ts/…` is what the package exports
 *
 * Blocks of one document and one kind are one program, in their order.
 */
import { readFileSync } from 'node:fs'

export type BlockKind = 'sh test' | 'sh cluster' | 'ts test'

/** The program that a document's blocks of a kind make; empty when it has none. Lines keep their numbers. */
export function programOf(path: string, kind: BlockKind): string {
  const lines: string[] = []
  let inside = false
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const isFence = line.startsWith('```')
    if (isFence) inside = !inside && line === `\`\`\`${kind}`
    lines.push(inside && !isFence ? line : '')
  }
  return lines.some((line) => line !== '') ? lines.join('\n') : ''
}
