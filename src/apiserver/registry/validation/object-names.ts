/** Name rules as strategies use them: a name that will get a random suffix may end in a dash. */
import { maskTrailingDash } from '../metadata.ts'

export type NameRule = (name: string, prefix: boolean) => string[]

export function withoutTrailingDash(rule: (name: string) => string[]): NameRule {
  return (name, prefix) => rule(prefix ? maskTrailingDash(name) : name)
}
