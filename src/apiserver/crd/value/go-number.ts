/** Numbers as Go's `%v` writes them, which messages show. */
export function goNumber(value: number): string {
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e21) return String(value)
  if (size >= 1e-4 && size < 1e21) return String(value)
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const sign = exponent.startsWith('-') ? '-' : '+'
  return `${mantissa}e${sign}${exponent.replace(/^[-+]/, '').padStart(2, '0')}`
}
