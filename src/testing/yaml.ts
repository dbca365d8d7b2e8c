/** YAML, parsed when it is needed: most tests never give any. */
import { parseAllDocuments } from 'yaml'

/** The one document of a text. Throws a TypeError that says what is wrong with it. */
export function parseYaml(text: string): unknown {
  const [document, ...others] = parseAllDocuments(text)
  if (!document) return null
  if (others.length > 0) throw new TypeError('read YAML: one document is wanted, there are more')
  const problem = document.errors[0]
  if (problem) throw new TypeError(`read YAML: ${problem.message}`)
  return document.toJS()
}
