/** Finds one text in another in time that grows with their lengths' sum: what JavaScript has can take their product. */

/** Up to this product of lengths, JavaScript's own search is fast enough whatever the texts. */
const plainProductMax = 1_000_000

export function indexOfText(text: string, wanted: string, from = 0): number {
  if ((text.length - from) * wanted.length <= plainProductMax) return text.indexOf(wanted, from)
  return knuthMorrisPratt(text, wanted, from)
}

export function lastIndexOfText(text: string, wanted: string, from: number): number {
  if (text.length * wanted.length <= plainProductMax) return text.lastIndexOf(wanted, from)
  const backwards = (part: string) => part.split('').reverse().join('')
  const end = Math.min(text.length, from + wanted.length)
  const found = knuthMorrisPratt(backwards(text.slice(0, end)), backwards(wanted), 0)
  return found === -1 ? -1 : end - found - wanted.length
}

function knuthMorrisPratt(text: string, wanted: string, from: number): number {
  const fallbacks = new Int32Array(wanted.length)
  for (let at = 1, matched = 0; at < wanted.length; at++) {
    while (matched > 0 && wanted.charCodeAt(at) !== wanted.charCodeAt(matched)) matched = fallbacks[matched - 1]!
    if (wanted.charCodeAt(at) === wanted.charCodeAt(matched)) matched++
    fallbacks[at] = matched
  }
  for (let at = from, matched = 0; at < text.length; at++) {
    while (matched > 0 && text.charCodeAt(at) !== wanted.charCodeAt(matched)) matched = fallbacks[matched - 1]!
    if (text.charCodeAt(at) === wanted.charCodeAt(matched)) matched++
    if (matched === wanted.length) return at - wanted.length + 1
  }
  return -1
}

/** Where a text stands in another, from left to right, without overlaps. */
export function* occurrences(text: string, wanted: string): Iterable<number> {
  for (let at = indexOfText(text, wanted); at !== -1; at = indexOfText(text, wanted, at + wanted.length)) yield at
}
