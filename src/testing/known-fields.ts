/**
 * What a test says has to mean something: a misspelt field that nobody looks at would leave a test green without the fault
 * or the rule that it is about. TypeScript sees most of it; YAML, HTTP and plain JavaScript do not.
 */

/** The first field that is none of `known`, quoted for a message; undefined: there is none. */
export function unknownField(value: object, known: string): string | undefined {
  const names = known.split(' ')
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  return unknown === undefined ? undefined : JSON.stringify(unknown)
}
