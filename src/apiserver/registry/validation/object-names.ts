/** Name rules as strategies use them: a name that will get a random suffix may end in a dash. */

export type NameRule = (name: string, prefix: boolean) => string[]

export function withoutTrailingDash(rule: (name: string) => string[]): NameRule {
  return (name, prefix) => rule(prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -1)}a` : name)
}
