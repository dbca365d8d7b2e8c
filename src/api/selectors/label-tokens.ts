/** Splits the text of a label selector into words and signs. White space separates and is dropped. */

export interface Token {
  kind: ')' | ',' | '!' | '==' | '=' | '>' | 'in' | '<' | '!=' | 'notin' | '(' | 'identifier' | 'error' | 'end'
  text: string
}

const signs = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'] as const

/** Ends with one `end` token. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let position = 0
  while (position < text.length) {
    const rest = text.slice(position)
    const space = /^[ \t\r\n]+/.exec(rest)
    if (space) {
      position += space[0].length
      continue
    }
    const sign = signs.find((each) => rest.startsWith(each))
    const token: Token = sign ? { kind: sign, text: sign } : wordToken(rest)
    tokens.push(token)
    position += token.text.length
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

function wordToken(rest: string): Token {
  const word = /^[^=!(),>< \t\r\n]+/.exec(rest)?.[0] ?? rest
  return word === 'in' || word === 'notin' ? { kind: word, text: word } : { kind: 'identifier', text: word }
}
