/**
 * Managed fields cut out of an object's JSON text: they are half of it, slow to parse, and few ever look at them. Rests on
 * what JSON allows: outside of a string no letter stands after a quote but a key's first, and lists of managed fields hold
 * no other lists.
 */

const mark = ',"managedFields":['

/** The text itself where they are not found in the object's own metadata, without white space around them. */
export function withoutManagedFields(text: string): string {
  const start = text.indexOf(mark)
  if (start < 0 || depthAt(text, start) !== 2) return text
  for (let at = text.indexOf('}]', start); at >= 0; at = text.indexOf('}]', at + 1)) {
    if (endsList(text, at + 2)) return text.slice(0, start) + text.slice(at + 2)
  }
  return text
}

const [quote, backslash, comma, opening, closing] = [0x22, 0x5c, 0x2c, 0x7b, 0x7d]

/** How many objects are open at this place. */
function depthAt(text: string, end: number): number {
  let depth = 0
  let inString = false
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code === backslash) at++
    else if (code === quote) inString = !inString
    else if (inString) continue
    else if (code === opening) depth++
    else if (code === closing) depth--
  }
  return depth
}

/** Whether what follows can only stand outside of a string: the next key, or the end of the text. */
function endsList(text: string, at: number): boolean {
  const next = text.charCodeAt(at)
  if (next === comma) return startsKey(text, at + 1)
  if (next !== closing) return false
  const after = text.charCodeAt(at + 1)
  return after === comma ? startsKey(text, at + 2) : after === closing && at + 2 === text.length
}

function startsKey(text: string, at: number): boolean {
  return text.charCodeAt(at) === quote && /[A-Za-z]/.test(text.charAt(at + 1))
}
