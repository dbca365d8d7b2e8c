/** Configuration files of the server, read strictly: a field that is unknown or of another type is an error with its path. */
import { parseDuration } from '../../api/codec/time.ts'
import { parseYaml } from '../../api/codec/yaml.ts'

export class ConfigurationError extends Error {
  override name = 'ConfigurationError'
}

/** The document when it is of one of these versions (newest first) and of this kind. */
export function readDocument(text: string, kind: string, versions: readonly string[]): Fields {
  const { value, duplicates } = parseYaml(Buffer.from(text))
  if (duplicates.length > 0) throw new ConfigurationError(`read ${kind}: ${duplicates.join('; ')}`)
  const fields = new Fields(value, '')
  const version = fields.text('apiVersion')
  if (fields.text('kind') !== kind || !versions.includes(version)) {
    throw new ConfigurationError(`want a ${kind} of ${versions.join(' or ')}, got ${fields.text('kind')} of ${version}`)
  }
  return fields
}

/** One object. What was never asked for is unknown: `end` complains about it. */
export class Fields {
  readonly path: string
  readonly #values: ReadonlyMap<string, unknown>
  readonly #asked = new Set<string>()
  readonly #inner: Fields[] = []

  constructor(value: unknown, path: string) {
    this.path = path
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(`${path || 'the document'}: want an object`)
    }
    this.#values = new Map(Object.entries(value))
  }

  has(name: string): boolean {
    this.#asked.add(name)
    const value = this.#values.get(name)
    return value !== undefined && value !== null
  }

  /** Empty when absent. */
  text(name: string): string {
    return this.#of(name, 'string') ?? ''
  }

  required(name: string): string {
    const text = this.text(name)
    if (text === '') throw this.error(name, 'is required')
    return text
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
    if (!this.has(name)) return otherwise
    const found = allowed.find((one) => one === this.text(name))
    if (found === undefined)
      throw this.error(name, `want ${allowed.join(' or ')}, got ${JSON.stringify(this.text(name))}`)
    return found
  }

  bool(name: string): boolean | undefined {
    return this.#of(name, 'boolean')
  }

  durationMs(name: string): number | undefined {
    if (!this.has(name)) return undefined
    const nanos = parseDuration(this.text(name))
    if (nanos === undefined || nanos < 0) throw this.error(name, 'want a duration such as 1h30m')
    return Number(nanos) / 1e6
  }

  texts(name: string): string[] {
    return this.#list(name).map((value, index) => {
      if (typeof value !== 'string') throw this.error(`${name}[${index}]`, 'want a text')
      return value
    })
  }

  object(name: string): Fields | undefined {
    return this.has(name) ? this.#keep(new Fields(this.#values.get(name), this.#pathOf(name))) : undefined
  }

  objects(name: string): Fields[] {
    return this.#list(name).map((value, index) => this.#keep(new Fields(value, this.#pathOf(`${name}[${index}]`))))
  }

  error(name: string, rule: string): ConfigurationError {
    return new ConfigurationError(`${this.#pathOf(name)}: ${rule}`)
  }

  /** Throws for a field that nobody asked for, here or in what was read from here. */
  end(): void {
    for (const name of this.#values.keys()) {
      if (!this.#asked.has(name)) throw this.error(name, 'unknown field')
    }
    for (const inner of this.#inner) inner.end()
  }

  #keep(fields: Fields): Fields {
    this.#inner.push(fields)
    return fields
  }

  #list(name: string): unknown[] {
    if (!this.has(name)) return []
    const value = this.#values.get(name)
    if (!Array.isArray(value)) throw this.error(name, 'want a list')
    return value
  }

  #of(name: string, type: 'string'): string | undefined
  #of(name: string, type: 'boolean'): boolean | undefined
  #of(name: string, type: 'string' | 'boolean'): unknown {
    if (!this.has(name)) return undefined
    const value = this.#values.get(name)
    const fits = type === 'string' ? typeof value === 'string' : typeof value === 'boolean'
    if (!fits) throw this.error(name, `want ${type === 'string' ? 'a text' : 'true or false'}`)
    return value
  }

  #pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }
}
