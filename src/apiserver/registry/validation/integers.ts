/** Whole numbers that stand in text, as Go reads them (strconv) and as Kubernetes has people write them. */

/** What keeps the text from being a number of 64 bits with a sign, in upstream's words. Undefined: nothing. */
export function int64Problem(text: string): string | undefined {
  const isNumber = /^[+-]?\d+$/.test(text)
  // No number of 64 bits has more digits than 19; a long one is not to be read.
  const fits = isNumber && text.replace(/^[+-]?0*/, '').length <= 19 && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
  if (fits) return undefined
  return `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${isNumber ? 'value out of range' : 'invalid syntax'}`
}

/** Messages about a text that is not the shortest form of a whole number. */
export function isDecimalInteger(text: string): string[] {
  if (text === '') return ['must be non-empty']
  return /^(0|-?[1-9]\d*)$/.test(text) ? [] : ['must be a valid decimal integer in canonical form']
}
