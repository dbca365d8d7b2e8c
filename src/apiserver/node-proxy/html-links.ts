/**
 * Links in pages that come through the API server's proxy: what points to the root of the backend is turned to below
 * the proxy's own path. A page passes in pieces; only a tag is held back until it is whole.
 * Source: apimachinery's `util/proxy`; the elements are HTML 4's and HTML's that take URLs.
 */

/** Attributes that hold one URL, by element. */
const urlAttributes: ReadonlyMap<string, readonly string[]> = new Map([
  ['a', ['href']],
  ['applet', ['codebase']],
  ['area', ['href']],
  ['audio', ['src']],
  ['base', ['href']],
  ['blockquote', ['cite']],
  ['body', ['background']],
  ['button', ['formaction']],
  ['command', ['icon']],
  ['del', ['cite']],
  ['embed', ['src']],
  ['form', ['action']],
  ['frame', ['longdesc', 'src']],
  ['head', ['profile']],
  ['html', ['manifest']],
  ['iframe', ['longdesc', 'src']],
  ['img', ['longdesc', 'src', 'usemap']],
  ['input', ['src', 'usemap', 'formaction']],
  ['ins', ['cite']],
  ['link', ['href']],
  ['object', ['classid', 'codebase', 'data', 'usemap']],
  ['q', ['cite']],
  ['script', ['src']],
  ['source', ['src']],
  ['video', ['poster', 'src']],
])

/** Elements whose content is text up to their own end tag. */
const textElements: ReadonlySet<string> = new Set(
  'iframe noembed noframes noscript plaintext script style textarea title xmp'.split(' '),
)

/** What is longer is hardly a tag: it passes as it is, with what came along with it. */
const tagCharactersMax = 16 * 1024

/** `rewrite` gets the value of an attribute as it stands in the page. Encodings that extend ASCII are left as they are. */
export async function* rewriteLinks(
  page: AsyncIterable<Uint8Array>,
  rewrite: (url: string) => string,
): AsyncGenerator<Uint8Array> {
  const links = new LinkRewriter(rewrite)
  for await (const chunk of page) {
    const text = links.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1'))
    if (text !== '') yield Buffer.from(text, 'latin1')
  }
  const rest = links.end()
  if (rest !== '') yield Buffer.from(rest, 'latin1')
}

class LinkRewriter {
  readonly #rewrite: (url: string) => string
  #pending = ''
  /** In a comment or the text of an element: what ends it, in lower case. */
  #until = ''

  constructor(rewrite: (url: string) => string) {
    this.#rewrite = rewrite
  }

  push(text: string): string {
    const page = this.#pending + text
    let out = ''
    let at = 0
    for (;;) {
      const next = this.#until === '' ? this.#tag(page, at) : this.#text(page, at)
      out += next.out
      at = next.end
      if (next.waits) break
    }
    this.#pending = page.slice(at)
    return out
  }

  end(): string {
    return this.#pending
  }

  /** From here to the end of the next tag, or to where one may have begun. */
  #tag(page: string, from: number): Step {
    const start = page.indexOf('<', from)
    if (start === -1) return { out: page.slice(from), end: page.length, waits: true }
    const before = page.slice(from, start)
    if (page.startsWith('<!--', start)) {
      this.#until = '-->'
      return { out: `${before}<!--`, end: start + 4, waits: false }
    }
    if ('<!--'.startsWith(page.slice(start))) return { out: before, end: start, waits: true }
    if (!isLetter(page.charCodeAt(start + 1))) return { out: `${before}<`, end: start + 1, waits: false }
    const tag = tagAt(page, start)
    if (!tag) {
      const end = page.length - start <= tagCharactersMax ? start : page.length
      return { out: page.slice(from, end), end, waits: true }
    }
    if (textElements.has(tag.name)) this.#until = `</${tag.name}`
    return { out: before + this.#rewritten(page, start, tag), end: tag.end, waits: false }
  }

  #text(page: string, from: number): Step {
    const until = this.#until
    const found = indexOfWord(page, until, from)
    if (found === -1) {
      const end = Math.max(from, page.length - until.length + 1)
      return { out: page.slice(from, end), end, waits: true }
    }
    this.#until = ''
    return { out: page.slice(from, found), end: found, waits: false }
  }

  #rewritten(page: string, start: number, tag: Tag): string {
    const names = urlAttributes.get(tag.name) ?? []
    let out = ''
    let at = start
    for (const { name, from, to } of tag.attributes) {
      if (!names.includes(name)) continue
      out += page.slice(at, from) + this.#rewrite(page.slice(from, to))
      at = to
    }
    return out + page.slice(at, tag.end)
  }
}

interface Step {
  out: string
  /** What comes before was dealt with. */
  end: number
  /** More of the page is needed to go on. */
  waits: boolean
}

interface Tag {
  /** Lower case. */
  name: string
  attributes: { name: string; from: number; to: number }[]
  end: number
}

/** Undefined when it does not end here. `start` is at its `<`. */
function tagAt(page: string, start: number): Tag | undefined {
  let at = skip(page, start + 1, (one) => !isBlank(one) && one !== '/' && one !== '>')
  const tag: Tag = { name: page.slice(start + 1, at).toLowerCase(), attributes: [], end: 0 }
  for (;;) {
    at = skip(page, at, (one) => isBlank(one) || one === '/')
    if (at === page.length) return undefined
    if (page[at] === '>') return { ...tag, end: at + 1 }
    const nameEnd = skip(page, at + 1, (one) => !isBlank(one) && !'/>='.includes(one))
    const name = page.slice(at, nameEnd).toLowerCase()
    at = skip(page, nameEnd, isBlank)
    if (page[at] !== '=') continue
    const value = valueAt(page, skip(page, at + 1, isBlank))
    if (!value) return undefined
    tag.attributes.push({ name, from: value.from, to: value.to })
    at = value.end
  }
}

function valueAt(page: string, at: number): { from: number; to: number; end: number } | undefined {
  const quote = page[at]
  if (quote === '"' || quote === "'") {
    const to = page.indexOf(quote, at + 1)
    return to === -1 ? undefined : { from: at + 1, to, end: to + 1 }
  }
  const to = skip(page, at, (one) => !isBlank(one) && one !== '>')
  return to === page.length ? undefined : { from: at, to, end: to }
}

function skip(page: string, from: number, passes: (one: string) => boolean): number {
  let at = from
  while (at < page.length && passes(page[at]!)) at += 1
  return at
}

function isBlank(one: string): boolean {
  return one === ' ' || one === '\n' || one === '\r' || one === '\t' || one === '\f'
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

/** Whatever its case. */
function indexOfWord(page: string, word: string, from: number): number {
  for (let at = page.indexOf(word.charAt(0), from); at !== -1; at = page.indexOf(word.charAt(0), at + 1))
    if (page.slice(at, at + word.length).toLowerCase() === word) return at
  return -1
}
